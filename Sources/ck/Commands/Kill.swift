import ArgumentParser
import ContainerEngine
import ContainerSystem

struct Kill: Command {
    static let synopsis = Synopsis(
        name: "kill", operands: "[OPTIONS] CONTAINER [CONTAINER...]", abstract: "Kill one or more running containers",
        count: 1...Int.max, flags: DockerFlags.kill)

    @Option(name: .shortAndLong, help: "Signal to send to it")
    var signal: String?

    @Argument(help: "The containers, by name or id")
    var containers: [String]

    func run(in session: Session) throws -> Int32 {
        let engine = try session.engine()
        return session.each(containers) { container throws(ContainerError) in
            try engine.killContainer(container, signal: signal.flatMap { $0.isEmpty ? nil : $0 } ?? "KILL")
            session.console.out(container)
        }
    }
}

struct Pause: Command {
    static let synopsis = Synopsis(
        name: "pause", operands: "CONTAINER [CONTAINER...]",
        abstract: "Pause all processes within one or more containers", count: 1...Int.max, flags: FlagTable(""))

    @Argument(help: "The containers, by name or id")
    var containers: [String]

    func run(in session: Session) throws -> Int32 {
        let engine = try session.engine()
        return session.each(containers) { container throws(ContainerError) in
            try engine.pauseContainer(container)
            session.console.out(container)
        }
    }
}

struct Unpause: Command {
    static let synopsis = Synopsis(
        name: "unpause", operands: "CONTAINER [CONTAINER...]",
        abstract: "Unpause all processes within one or more containers", count: 1...Int.max, flags: FlagTable(""))

    @Argument(help: "The containers, by name or id")
    var containers: [String]

    func run(in session: Session) throws -> Int32 {
        let engine = try session.engine()
        return session.each(containers) { container throws(ContainerError) in
            try engine.unpauseContainer(container)
            session.console.out(container)
        }
    }
}

struct Wait: Command {
    static let synopsis = Synopsis(
        name: "wait", operands: "CONTAINER [CONTAINER...]",
        abstract: "Block until one or more containers stop, then print their exit codes", count: 1...Int.max,
        flags: FlagTable(""))

    @Argument(help: "The containers, by name or id")
    var containers: [String]

    func run(in session: Session) throws -> Int32 {
        let engine = try session.engine()
        return session.each(containers) { container throws(ContainerError) in
            session.console.out(String(try engine.waitForContainer(container)))
        }
    }
}
