import ContainerSystem
import Glibc
import Testing

/// Several processes that want the same of one container, or the opposite, at once.
@Suite struct RaceTests {
    /// Runs commands at the same time; their results, in the order of the commands.
    private func atOnce(_ box: Sandbox, _ commands: [[String]]) throws -> [CommandResult] {
        // One shell each that waits for a file, so that all begin together.
        let gate = "\(box.folder)/gate"
        let folder = "\(box.folder)/race"
        try Files.removeTree(gate)
        try Files.removeTree(folder)
        try Files.makeDirectory(folder)
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let pids = try commands.enumerated().map { index, command in
            let script =
                "while ! test -e \(gate); do :; done; exec \"$@\" > \(folder)/\(index).out 2> \(folder)/\(index).err"
            return try Command.spawn(
                box.entering(["sh", "-c", script, "sh"] + box.ckProgram + command), input: null.raw, output: null.raw,
                error: null.raw)
        }
        try Files.replace(gate, with: [])
        return try pids.enumerated().map { index, pid in
            let status = try Command.wait(pid, timeout: 120, name: commands[index].joined(separator: " "))
            return CommandResult(
                status: status, output: try Files.readText("\(folder)/\(index).out"),
                errors: try Files.readText("\(folder)/\(index).err"))
        }
    }

    private func count(_ results: [CommandResult], _ condition: (CommandResult) -> Bool) -> Int {
        results.filter(condition).count
    }

    @Test func oneOfSeveralStartsAndTheOthersHaveNothingToDo() throws {
        try Sandbox.with { box in
            for _ in 0..<3 {
                try box.expect(["create", "--name", "cc", "--network", "none", "bb", "sleep", "100"])
                let results = try atOnce(box, Array(repeating: ["start", "cc"], count: 6))
                for result in results { #expect(result.status == 0 && result.output == "cc\n", "\(result)") }
                #expect(box.processes(named: "ck-shim").count == 1)
                let events = try box.ck(["events", "--since", "1h", "--until", "0s", "-f", "event=start"])
                let id = try box.ck(["ps", "-q", "--no-trunc"]).line(0)
                #expect(
                    count(events.lines.map { CommandResult(status: 0, output: String($0), errors: "") }) {
                        $0.output.contains(id)
                    } == 1)
                try box.expect(["rm", "-f", "cc"])
            }
        }
    }

    @Test func oneOfSeveralRemovesIt() throws {
        try Sandbox.with { box in
            for command in [["rm", "cc"], ["rm", "-f", "cc"]] {
                let isForced = command.count == 3
                try box.expect(
                    (isForced ? ["run", "-d"] : ["create"]) + [
                        "--name", "cc", "--network", "none", "bb", "sleep", "100",
                    ])
                let results = try atOnce(box, Array(repeating: command, count: 6))
                #expect(count(results) { $0.output == "cc\n" } == 1, "\(results)")
                for result in results where result.output.isEmpty {
                    let isTold =
                        result.errors.contains("No such container: cc")
                        || result.errors.contains("removal of container cc is already in progress")
                    #expect(isTold, "\(result)")
                }
                let destroyed = try box.ck(["events", "--since", "1h", "--until", "0s", "-f", "event=destroy"])
                #expect(destroyed.lines.count == (isForced ? 2 : 1), "\(destroyed)")
                #expect(try Files.list(box.root + "/containers").isEmpty)
                #expect(try Files.list(box.runRoot + "/containers").isEmpty)
                #expect(try Files.list(box.root + "/overlay/snapshots").isEmpty)
            }
        }
    }

    @Test func severalStopTheSameOne() throws {
        try Sandbox.with { box in
            try box.expect([
                "run", "-d", "--name", "cc", "--network", "none", "bb", "sh", "-c",
                "trap 'exit 5' TERM; while true; do sleep 0.05; done",
            ])
            let results = try atOnce(box, Array(repeating: ["stop", "-t", "60", "cc"], count: 5))
            for result in results { #expect(result.status == 0 && result.output == "cc\n", "\(result)") }
            #expect(
                try box.ck(["inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "cc"]).output == "exited 5\n")
        }
    }

    /// Whoever comes first, in the end there is one supervisor at most, and the container can be removed.
    @Test func startStopAndRemovalAtOnce() throws {
        try Sandbox.with { box in
            for _ in 0..<6 {
                try box.expect(["create", "--name", "cc", "bb", "sleep", "100"])
                let results = try atOnce(
                    box,
                    [
                        ["start", "cc"], ["stop", "-t", "0", "cc"], ["rm", "cc"], ["start", "cc"], ["kill", "cc"],
                        ["rename", "cc", "dd"], ["pause", "cc"], ["restart", "-t", "0", "cc"],
                    ])
                for result in results { #expect([0, 1].contains(result.status), "\(result)") }
                #expect(box.processes(named: "ck-shim").count <= 1)
                let ids = try box.ck(["ps", "-a", "-q"]).lines
                #expect(ids.count <= 1)
                for id in ids { #expect(try box.ck(["rm", "-f", String(id)]).status == 0) }
                #expect(box.processes(named: "ck-shim").isEmpty)
                #expect(try Files.list(box.root + "/containers").isEmpty)
                #expect(try Files.list(box.runRoot + "/containers").isEmpty)
                #expect(try Files.list(box.root + "/overlay/snapshots").isEmpty)
            }
        }
    }

    @Test func oneOfSeveralGetsTheName() throws {
        try Sandbox.with { box in
            let names = ["c1", "c2", "c3", "c4"]
            for name in names { try box.expect(["create", "--name", name, "--network", "none", "bb", "true"]) }
            let results = try atOnce(box, names.map { ["rename", $0, "wanted"] })
            #expect(count(results) { $0.status == 0 } == 1)
            #expect(count(results) { $0.errors.contains("is already in use by container") } == 3, "\(results)")
        }
    }
}
