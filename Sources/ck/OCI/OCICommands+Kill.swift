import ContainerEngine
import ContainerRuntime
import ContainerSystem
import Glibc

/// kill, delete, pause and resume.
extension OCICommands {
    private static let regex = OCIFlag(
        "regex", "r", kind: .isSwitch, help: "", refusal: "name the containers; list --quiet shows them")

    static var kill: OCICommand {
        OCICommand(
            name: "kill", abstract: "send a signal to a container's first process", operands: "<container-id> [signal]",
            count: 1...2,
            flags: [OCIFlag("all", "a", kind: .isSwitch, help: "send it to each process of the container"), regex]
        ) { session in
            let name = session.words.operands.dropFirst().first ?? ""
            let signal = try signal(name.isEmpty ? "TERM" : name)
            try session.runtime().kill(session.id, signal: signal, all: session.words.isOn("all"))
            return 0
        }
    }

    /// Signal 0 asks whether there is a process (kill(2)).
    static func signal(_ name: String) throws(CommandFailure) -> Int32 {
        if name == "0" { return 0 }
        guard let signal = Signal(name: name) else {
            throw CommandFailure("unknown signal \(Quoting.go(name))", status: 1)
        }
        return signal.number
    }

    static var delete: OCICommand {
        OCICommand(
            name: "delete", abstract: "delete what is left of containers that have stopped",
            operands: "<container-id> [container-id...]", count: 1...Int.max,
            flags: [OCIFlag("force", "f", kind: .isSwitch, help: "kill those that still run (SIGKILL)"), regex]
        ) { session in
            let runtime = try session.runtime()
            let force = session.words.isOn("force")
            var failures: [String] = []
            for id in session.words.operands {
                do throws(ContainerError) {
                    try runtime.delete(id, force: force)
                } catch {
                    // Who wants it gone in any case has what they want.
                    if force, error.code == .notFound { continue }
                    failures.append(error.description)
                }
            }
            guard failures.isEmpty else { throw CommandFailure(failures.joined(separator: "; "), status: 1) }
            return 0
        }
    }

    static var pause: OCICommand {
        OCICommand(
            name: "pause", abstract: "suspend all processes of a container", operands: "<container-id>", count: 1...1,
            flags: []
        ) { session in
            try session.runtime().pause(session.id)
            return 0
        }
    }

    static var resume: OCICommand {
        OCICommand(
            name: "resume", abstract: "go on with the processes of a paused container", operands: "<container-id>",
            count: 1...1, flags: []
        ) { session in
            try session.runtime().resume(session.id)
            return 0
        }
    }
}
