import ContainerSystem
import Glibc
import Testing

/// Every state of a container against every command of its life: exit status, what is printed, what is said, and the
/// state after it. Written from what docker does (28 over 20.10, with the words of moby 28 where they differ); rows of
/// states that docker has no way to be held in (`removing`, `dead`, `unsupervised`) are ours.
@Suite struct StateTableTests {
    /// One cell. In texts, `ID` is the container's id.
    struct Outcome: Sendable {
        var status: Int32 = 0
        /// Nil for one that is not looked at.
        var output: String? = ""
        /// What standard error must hold; nil for nothing.
        var error: String?
        /// Nil for a container that is gone.
        var next: String?
    }

    private static let isNotRunning = "ck: container ID is not running\n"
    private static let isRestarting = "ck: Container ID is restarting, wait until the container is running\n"
    private static let isNotPaused = "ck: container ID is not paused\n"
    private static let isBeingRemoved = "ck: removal of container cc is already in progress\n"
    private static let isDead =
        "ck: container cc is marked for removal: its removal was interrupted (finish it with rm)\n"

    private static func fails(_ error: String, _ next: String?) -> Outcome {
        Outcome(status: 1, error: error, next: next)
    }

    private static func says(_ output: String, _ next: String?) -> Outcome { Outcome(output: output, next: next) }

    /// A command that changes the state, and so is refused where the container is on its way out.
    private static func refusal(_ state: TestState, _ prefix: String = "") -> Outcome? {
        switch state {
        case .removing: fails(isBeingRemoved.replacing("ck: ", with: "ck: " + prefix), "removing")
        case .dead: fails(isDead.replacing("ck: ", with: "ck: " + prefix), "dead")
        default: nil
        }
    }

    struct Row: Sendable {
        let arguments: [String]
        let outcome: @Sendable (TestState) -> Outcome
    }

    private static let rows: [Row] = [
        Row(arguments: ["start", "cc"]) { state in
            if let refusal = refusal(state) { return refusal }
            switch state {
            case .created, .running, .unsupervised: return says("cc\n", "running")
            case .paused: return fails("ck: cannot start a paused container, try unpause instead\n", "paused")
            case .restarting: return says("cc\n", "restarting")
            default: return says("cc\n", "*")
            }
        },
        Row(arguments: ["stop", "-t", "0", "cc"]) { state in
            switch state {
            case .created, .removing, .dead: says("cc\n", state.rawValue)
            default: says("cc\n", "exited")
            }
        },
        Row(arguments: ["restart", "-t", "0", "cc"]) { state in
            if let refusal = refusal(state) { return refusal }
            return says("cc\n", [.restarting, .exited].contains(state) ? "*" : "running")
        },
        Row(arguments: ["kill", "cc"]) { state in
            switch state {
            case .created, .exited, .removing, .dead:
                fails(isNotRunning.replacing("ck: ", with: "ck: cannot kill container: cc: "), state.rawValue)
            default: says("cc\n", "exited")
            }
        },
        Row(arguments: ["pause", "cc"]) { state in
            if let refusal = refusal(state) { return refusal }
            switch state {
            case .running, .unsupervised: return says("cc\n", "paused")
            case .paused: return fails("ck: container ID is already paused\n", "paused")
            case .restarting: return fails(isRestarting, "restarting")
            default: return fails(isNotRunning, state.rawValue)
            }
        },
        Row(arguments: ["unpause", "cc"]) { state in
            if let refusal = refusal(state) { return refusal }
            return state == .paused ? says("cc\n", "running") : fails(isNotPaused, state.word)
        },
        Row(arguments: ["rm", "cc"]) { state in
            switch state {
            case .created, .exited, .dead: says("cc\n", nil)
            case .removing: fails(isBeingRemoved, "removing")
            case .paused:
                fails(
                    "ck: cannot remove container \"/cc\": container is paused and must be unpaused first\n", "paused")
            default:
                fails(
                    "ck: cannot remove container \"/cc\": container is \(state.word): stop the container before"
                        + " removing or force remove\n", state.word)
            }
        },
        Row(arguments: ["rm", "-f", "cc"]) { state in
            state == .removing ? fails(isBeingRemoved, "removing") : says("cc\n", nil)
        },
        Row(arguments: ["rename", "cc", "other"]) { state in refusal(state) ?? says("", state.word) },
        Row(arguments: ["rename", "cc", "taken"]) { state in
            refusal(state)
                ?? fails(
                    "ck: Error when allocating new name: Conflict. The container name \"/taken\" is already in use by"
                        + " container \"TAKEN\". You have to remove (or rename) that container to be able to reuse that"
                        + " name.\n", state.word)
        },
        Row(arguments: ["rename", "cc", "cc"]) { state in
            refusal(state) ?? fails("ck: Renaming a container with the same name as its current name\n", state.word)
        },
        Row(arguments: ["update", "--pids-limit", "77", "cc"]) { state in refusal(state) ?? says("cc\n", state.word) },
        Row(arguments: ["update", "--restart", "no", "cc"]) { state in
            if let refusal = refusal(state) { return refusal }
            switch state {
            // docker goes on to restart what it was about to.
            case .restarting: return says("cc\n", "exited")
            case .unsupervised:
                return fails(
                    "ck: Cannot update container ID: the container has no supervisor that answers", "running")
            default: return says("cc\n", state.word)
            }
        },
        Row(arguments: ["exec", "cc", "echo", "here"]) { state in
            switch state {
            case .running, .unsupervised: says("here\n", "running")
            case .paused:
                fails("ck: Container cc is paused, unpause the container before exec\n", "paused")
            case .restarting: fails(isRestarting, "restarting")
            default: fails(isNotRunning, state.rawValue)
            }
        },
        Row(arguments: ["attach", "--no-stdin", "cc"]) { state in
            switch state {
            // It would stay: see the tests of the terminal.
            case .running: Outcome(status: -1, next: "running")
            case .unsupervised:
                fails("ck: the container has no supervisor that answers", "running")
            case .paused: fails("ck: cannot attach to a paused container, unpause it first\n", "paused")
            case .restarting:
                fails("ck: cannot attach to a restarting container, wait until it is running\n", "restarting")
            default: fails("ck: cannot attach to a stopped container, start it first\n", state.rawValue)
            }
        },
        Row(arguments: ["wait", "cc"]) { state in
            switch state {
            case .created, .removing, .dead: says("0\n", state.rawValue)
            case .exited, .restarting: says("3\n", state == .exited ? "exited" : "*")
            default: Outcome(status: -1, next: state.word)
            }
        },
        Row(arguments: ["logs", "cc"]) { state in says("", state.word) },
        Row(arguments: ["top", "cc"]) { state in
            switch state {
            case .running, .paused, .unsupervised: Outcome(output: nil, next: state.word)
            case .restarting: fails(isRestarting, "restarting")
            default: fails(isNotRunning, state.rawValue)
            }
        },
        Row(arguments: ["port", "cc"]) { state in says("", state.word) },
        Row(arguments: ["port", "cc", "80"]) { state in
            fails("ck: no public port '80' published for cc\n", state.word)
        },
        Row(arguments: ["ps", "-a", "--format", "{{.Names}} {{.State}}", "-f", "name=^cc$"]) { state in
            says("cc \(state.word)\n", state.word)
        },
        Row(arguments: ["inspect", "-f", "{{.State.Running}} {{.State.Paused}} {{.State.Restarting}}", "cc"]) { state in
            let words = [
                [.running, .paused, .restarting, .unsupervised].contains(state), state == .paused, state == .restarting,
            ]
            return says(words.map(String.init).joined(separator: " ") + "\n", state.word)
        },
    ]

    /// One sandbox for each state; the container is made anew for each command that changes it.
    @Test(arguments: TestState.allCases) func everyCommand(state: TestState) throws {
        try Sandbox.with { box in
            for row in Self.rows { try check(row, state, box) }
        }
    }

    private func check(_ row: Row, _ state: TestState, _ box: Sandbox) throws {
        let id = try box.makeContainer(state)
        defer { box.clear() }
        let taken = try box.ck(["ps", "-a", "-q", "--no-trunc", "-f", "name=^taken$"]).line(0)
        let outcome = row.outcome(state)
        // What must not end is left after a moment.
        let command = outcome.status == -1 ? ["timeout", "--preserve-status", "-s", "KILL", "1"] : []
        let result = try Command.run(
            box.entering(command + box.ckProgram + row.arguments), environment: [])
        let cell = Comment(rawValue: "\(state) x \(row.arguments.joined(separator: " ")): \(result)")
        #expect(result.status == (outcome.status == -1 ? 137 : outcome.status), cell)
        if let output = outcome.output { #expect(result.output == output, cell) }
        let error = outcome.error.map { $0.replacing("TAKEN", with: taken).replacing("ID", with: id) }
        if let error { #expect(result.errors.hasPrefix(error), cell) } else { #expect(result.errors.isEmpty, cell) }
        let next = try box.ck(["inspect", "-f", "{{.State.Status}}", id])
        // Between two of its restarts it may be either; nothing else is left open.
        let expected = outcome.next.map { $0 == "*" ? ["running", "restarting", "exited", "created"] : [$0] }
        if let expected {
            #expect(expected.contains(next.line(0)), "\(cell) then \(next)")
        } else {
            #expect(next.errors.contains("No such object"), "\(cell) then \(next)")
        }
    }
}

extension Sandbox {
    /// Removes all containers, also one that another process is said to remove.
    func clear() {
        endNow()
        if let ids = try? ck(["ps", "-a", "-q", "--no-trunc"]).lines, !ids.isEmpty {
            _ = try? ck(["rm", "-f"] + ids.map(String.init))
        }
    }
}
