import ArgumentParser
import ContainerEngine
import ContainerSystem

/// A subcommand. ArgumentParser binds its options and writes its help; `ArgumentWalker` has read the command line by
/// docker's rules before.
protocol Command: ParsableCommand {
    static var synopsis: Synopsis { get }
    /// The exit status of a failure of ck's own (docker: 125 for run, else 1).
    static var failureStatus: Int32 { get }
    /// What `--help` prints.
    static var helpText: String { get }
    /// - Returns: the exit status.
    func run(in session: Session) throws -> Int32
}

extension Command {
    static var failureStatus: Int32 { 1 }

    static var helpText: String { helpMessage(columns: 100) }

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: synopsis.name, abstract: synopsis.abstract, usage: "ck \(synopsis.name) \(synopsis.operands)",
            helpNames: .long)
    }
}

/// What a subcommand takes.
struct Synopsis {
    let name: String
    /// As usage shows them.
    let operands: String
    let abstract: String
    let count: ClosedRange<Int>
    let flags: FlagTable
    /// Everything from the first operand on is the container's (run, exec).
    var stopsAtOperand = false

    func usage(path: String) -> String { "Usage:  ck \(path) \(operands)" }

    func check(count given: Int, path: String) throws(CommandFailure) {
        guard !count.contains(given) else { return }
        let wanted: String
        switch (count.lowerBound, count.upperBound) {
        case (0, 0): wanted = "accepts no arguments"
        case (0, let most): wanted = "requires at most \(Self.arguments(most))"
        case (let least, .max): wanted = "requires at least \(Self.arguments(least))"
        case (let least, let most) where least == most: wanted = "requires \(Self.arguments(least))"
        case (let least, let most): wanted = "requires at least \(least) and at most \(Self.arguments(most))"
        }
        throw CommandFailure("ck: 'ck \(path)' \(wanted)\n\(usage(path: path))", status: 1)
    }

    private static func arguments(_ count: Int) -> String { count == 1 ? "1 argument" : "\(count) arguments" }
}

/// What a running command has at hand.
struct Session {
    let console: Console
    let globals: GlobalOptions

    func engine() throws(ContainerError) -> Engine {
        let engine = try Engine(.init(root: globals.root, runRoot: globals.runRoot))
        // It ends with the process: taking it apart first would be a millisecond for nothing.
        _ = Unmanaged.passRetained(engine)
        return engine
    }

    /// Does something to each of several things; a failure is reported and the next one has its turn.
    /// - Returns: 0, or 1 when something failed.
    func each(_ names: [String], _ body: (String) throws(ContainerError) -> Void) -> Int32 {
        var status: Int32 = 0
        for name in names {
            do {
                try body(name)
            } catch {
                console.error("ck: \(error.description)")
                status = 1
            }
        }
        return status
    }
}

extension Session {
    /// Says what of a container that was started is not as it should be.
    func warn(_ running: RunningContainer) {
        for warning in running.warnings { console.error("ck: \(warning)") }
    }
}
