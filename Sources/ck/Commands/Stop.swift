import ArgumentParser
import ContainerEngine
import ContainerSystem

struct Stop: Command {
    static let synopsis = Synopsis(
        name: "stop", operands: "[OPTIONS] CONTAINER [CONTAINER...]", abstract: "Stop one or more running containers",
        count: 1...Int.max, flags: DockerFlags.stop)

    @Option(name: [.customShort("t"), .long], help: "Seconds to wait before it is killed (-1: for ever)")
    var timeout: String?

    @Argument(help: "The containers, by name or id")
    var containers: [String]

    func run(in session: Session) throws -> Int32 {
        let seconds = try seconds()
        let engine = try session.engine()
        return session.each(containers) { container throws(ContainerError) in
            try engine.stopContainer(container, timeout: seconds)
            session.console.out(container)
        }
    }

    private func seconds() throws(FlagError) -> Int? {
        guard let timeout else { return nil }
        guard let seconds = Int32(exactly: try Numbers.whole(timeout, flag: "timeout")) else {
            throw FlagError("timeout", timeout, "out of range")
        }
        return Int(seconds)
    }
}
