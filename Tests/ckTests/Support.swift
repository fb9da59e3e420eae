import Synchronization

@testable import ck

/// What `ck` said, and how it ended.
struct Outcome: Equatable {
    var out = ""
    var error = ""
    var status: Int32 = 0
}

/// Runs a command line with its words caught.
func ck(_ arguments: String...) -> Outcome { ck(arguments) }

func ck(_ arguments: [String]) -> Outcome { caught { Tool.run(arguments, console: $0) } }

func caught(_ body: (Console) -> Int32) -> Outcome {
    let caught = Caught()
    let status = body(Console { caught.add($0, isError: $1) })
    var outcome = caught.outcome
    outcome.status = status
    return outcome
}

private final class Caught: Sendable {
    private let words = Mutex(Outcome())

    func add(_ text: String, isError: Bool) {
        words.withLock { if isError { $0.error += text } else { $0.out += text } }
    }

    var outcome: Outcome { words.withLock { $0 } }
}

struct NotACommand: Error {}

/// The command that a command line makes, not executed.
func parse<C: Command>(_ type: C.Type = C.self, _ arguments: String...) throws -> C {
    guard case .command(let invocation) = try Request.parse(arguments), let command = invocation.command as? C else {
        throw NotACommand()
    }
    return command
}
