import ArgumentParser
import ContainerEngine
import ContainerSystem

struct StartContainers: Command {
    static let synopsis = Synopsis(
        name: "start", operands: "[OPTIONS] CONTAINER [CONTAINER...]",
        abstract: "Start one or more stopped containers", count: 0...Int.max, flags: DockerFlags.start)

    @Flag(name: .shortAndLong, help: "Show what it writes, and pass signals on to it")
    var attach = false

    @Flag(name: .shortAndLong, help: "Pass standard input on to it")
    var interactive = false

    @Option(help: "What is typed to leave it, such as ctrl-p,ctrl-q")
    var detachKeys: String?

    @Flag(help: "Start all containers that do not run, or those that fit")
    var all = false

    @Option(name: .shortAndLong, help: "With --all: only containers that fit, such as should-start-on-boot=true")
    var filter: [String] = []

    @Argument(help: "The containers, by name or id")
    var containers: [String] = []

    func run(in session: Session) throws -> Int32 {
        let names = try names(session)
        if attach || interactive { return try startAttached(names, session) }
        let engine = try session.engine()
        return session.each(names) { name throws(ContainerError) in
            if let running = try engine.startContainer(name, streams: nil) { session.warn(running) }
            session.console.out(name)
        }
    }

    private func names(_ session: Session) throws -> [String] {
        guard all else {
            guard filter.isEmpty else {
                throw CommandFailure(usage: "ck: --filter needs --all", path: "start")
            }
            try Self.synopsis.requireOperand(containers.count)
            return containers
        }
        guard containers.isEmpty else {
            throw CommandFailure(usage: "ck: --all takes no containers", path: "start")
        }
        let filter = try ContainerFilter(filter)
        return try filter.apply(to: try session.engine().containers())
            .filter { !$0.state.isAlive && $0.state != .removing && $0.state != .dead }.reversed().map(\.name)
    }

    private func startAttached(_ names: [String], _ session: Session) throws -> Int32 {
        guard names.count == 1 else {
            throw CommandFailure("ck: you cannot start and attach multiple containers at once", status: 1)
        }
        return try AttachedStart(name: names[0], interactive: interactive, detachKeys: detachKeys).run(in: session)
    }
}

extension Synopsis {
    /// For a command of which a flag can take the place of operands.
    func requireOperand(_ count: Int) throws(CommandFailure) {
        if count > 0 { return }
        throw CommandFailure("ck: 'ck \(name)' requires at least 1 argument\n\(usage(path: name))", status: 1)
    }
}
