import ArgumentParser
import ContainerEngine
import ContainerSystem

struct Stop: Command {
    static let synopsis = Synopsis(
        name: "stop", operands: "[OPTIONS] CONTAINER [CONTAINER...]", abstract: "Stop one or more running containers",
        count: 1...Int.max, flags: DockerFlags.stop)

    @OptionGroup var options: StopOptions

    @Argument(help: "The containers, by name or id")
    var containers: [String]

    func run(in session: Session) throws -> Int32 {
        let seconds = try options.seconds()
        let engine = try session.engine()
        return session.each(containers) { container throws(ContainerError) in
            let outcome = try engine.stopContainer(container, signal: options.signal, timeout: seconds)
            session.console.out(container)
            options.explain(outcome, container, on: session.console)
        }
    }
}

struct RestartContainers: Command {
    static let synopsis = Synopsis(
        name: "restart", operands: "[OPTIONS] CONTAINER [CONTAINER...]", abstract: "Restart one or more containers",
        count: 1...Int.max, flags: DockerFlags.stop)

    @OptionGroup var options: StopOptions

    @Argument(help: "The containers, by name or id")
    var containers: [String]

    func run(in session: Session) throws -> Int32 {
        let seconds = try options.seconds()
        let engine = try session.engine()
        return session.each(containers) { container throws(ContainerError) in
            let outcome = try engine.restartContainer(container, signal: options.signal, timeout: seconds)
            session.console.out(container)
            options.explain(outcome, container, on: session.console)
        }
    }
}

/// What `stop` and `restart` both take.
struct StopOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Signal to send to it")
    var signal: String?

    @Option(name: [.customShort("t"), .long], help: "Seconds to wait before it is killed (-1: for ever)")
    var timeout: String?

    func seconds() throws(FlagError) -> Int? {
        guard let timeout else { return nil }
        guard let seconds = Int32(exactly: try Numbers.whole(timeout, flag: "timeout")) else {
            throw FlagError("timeout", timeout, "out of range")
        }
        return Int(seconds)
    }

    /// A container that has to be killed each time is a nuisance that most people do not know how to end.
    func explain(_ outcome: StopOutcome, _ container: String, on console: Console) {
        guard case .killed(let signal, let seconds) = outcome, seconds > 0 else { return }
        let name = Signal(number: signal)?.name ?? "its stop signal"
        console.error(
            "ck: \(container) was killed: its first process did not end within \(seconds) s of \(name)"
                + " (run it with --init, have it handle the signal, or name another with STOPSIGNAL or --stop-signal;"
                + " -t sets the time)")
    }
}
