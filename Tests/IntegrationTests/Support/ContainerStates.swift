import ContainerSystem
import Glibc
import Testing

/// What a container can be doing, and how to bring it there.
enum TestState: String, CaseIterable, CustomTestStringConvertible {
    case created, running, paused, restarting, exited, removing, dead
    /// It runs, and its supervisor was killed.
    case unsupervised

    var testDescription: String { rawValue }

    /// What `inspect` calls it.
    var word: String { self == .unsupervised ? "running" : rawValue }
}

extension Sandbox {
    /// A container called `cc`, and one called `taken`.
    /// - Returns: its id.
    func makeContainer(_ state: TestState) throws -> String {
        try expect(["create", "--name", "taken", "--network", "none", "bb", "true"])
        let program: [String]
        switch state {
        case .restarting: program = ["sh", "-c", "exit 3"]
        case .exited: program = ["sh", "-c", "exit 3"]
        default: program = ["sleep", "100"]
        }
        let isMade = [.created, .removing, .dead].contains(state)
        let options = state == .restarting ? ["--restart", "always"] : []
        try expect(
            (isMade ? ["create"] : ["run", "-d"]) + options + ["--name", "cc", "--network", "none", "bb"] + program)
        let id = try ck(["ps", "-a", "-q", "--no-trunc", "-f", "name=^cc$"]).line(0)
        try settle(state, id)
        try eventually("the state \(state)") {
            try ck(["inspect", "-f", "{{.State.Status}}", "cc"]).output == state.word + "\n"
        }
        return id
    }

    private func settle(_ state: TestState, _ id: String) throws {
        let folder = "\(root)/containers/\(id)"
        switch state {
        case .paused: try expect(["pause", "cc"])
        case .restarting:
            // The waits double: later ones are long enough for a test on a busy machine.
            try eventually("some restarts") {
                Int(try ck(["inspect", "-f", "{{.RestartCount}}", "cc"]).line(0)) ?? 0 >= 5
            }
        case .exited: try expect(["wait", "cc"])
        case .unsupervised:
            let pids = try Files.readText("\(runRoot)/containers/\(id)/pids").split(separator: " ")
            let shim = ProcessIdentity(pid: Int32(pids[0]) ?? 0, startTime: UInt64(pids[1]) ?? 0)
            try shim.signal(SIGKILL)
            _ = shim.waitForEnd(milliseconds: 10_000)
        case .removing, .dead:
            guard rename(folder, folder + ".removing") == 0 else { throw ContainerError(.current, "rename \(folder)") }
            guard state == .removing else { return }
            // As another process that is at it.
            let file = try Descriptor.open(folder + ".removing", O_RDONLY | O_DIRECTORY)
            let lock = try FileLock.take(file, .exclusive, name: folder)
            atEnd { withExtendedLifetime(lock) { _ = flock(file.raw, LOCK_UN) } }
        case .created, .running: break
        }
    }

    /// Runs ck, which must succeed.
    @discardableResult
    func expect(_ arguments: [String]) throws -> CommandResult {
        let result = try ck(arguments)
        guard result.status == 0 else { throw ContainerError(.systemFailure, "ck \(arguments): \(result)") }
        return result
    }

    func eventually(_ what: String, _ condition: () throws -> Bool) throws {
        let deadline = Timestamp.now + Double(60 * Patience.factor)
        while try !condition() {
            guard Timestamp.now < deadline else { throw ContainerError(.unavailable, "\(what): not in time") }
            usleep(20_000)
        }
    }
}
