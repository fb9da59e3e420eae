import ContainerSystem
import Glibc
import Testing

/// What is legal in which state (runtime.md, "State" and "Operations"), and that it leaves nothing.
@Suite struct OCIStateTests {
    private static let operations: [String: [String]] = [
        "start": ["start"], "kill": ["kill"], "delete": ["delete"], "force": ["delete", "--force"], "exec": ["exec"],
        "pause": ["pause"], "resume": ["resume"], "update": ["update", "--pids-limit", "20"], "state": ["state"],
        "stats": ["events", "--stats"], "ps": ["ps", "--format", "json"],
    ]

    private static let legal: [String: Set<String>] = [
        "created": ["start", "kill", "force", "exec", "pause", "update", "state", "stats", "ps"],
        "running": ["kill", "force", "exec", "pause", "update", "state", "stats", "ps"],
        "paused": ["kill", "force", "resume", "update", "state", "stats", "ps"],
        "stopped": ["delete", "force", "state", "ps"],
    ]

    private func carryOut(_ operation: String, _ oci: Bundles, _ id: String) throws -> CommandResult {
        let words = Self.operations[operation] ?? []
        let rest = operation == "exec" ? ["true"] : operation == "kill" ? ["KILL"] : []
        return try oci.oci(words + [id] + rest)
    }

    private func bring(_ container: BundleContainer, to state: String) throws {
        if state != "created" { try container.start() }
        if state == "paused" { #expect(try container.oci("pause").status == 0) }
        if state == "stopped" { try container.stop() }
        #expect(try container.status == state)
    }

    @Test(arguments: ["created", "running", "paused", "stopped"])
    func whatIsIllegalChangesNothing(_ state: String) throws {
        try Bundles.with { oci in
            try oci.container { container in
                try bring(container, to: state)
                for operation in Self.operations.keys.sorted() where !Self.legal[state]!.contains(operation) {
                    let result = try carryOut(operation, oci, container.id)
                    #expect(result.status == (operation == "exec" ? 255 : 1), "\(operation) of \(state): \(result)")
                    #expect(result.errors.split(separator: "\n").count == 1, "\(operation) of \(state): \(result)")
                    #expect(try container.status == state, "after \(operation)")
                }
            }
        }
    }

    @Test(arguments: ["created", "running", "paused", "stopped"])
    func whatIsLegalWorks(_ state: String) throws {
        let ends: Set = ["kill", "delete", "force", "start", "pause", "resume"]
        try Bundles.with { oci in
            let legal = Self.legal[state]!.sorted()
            try oci.container { container in
                try bring(container, to: state)
                for operation in legal where !ends.contains(operation) {
                    let result = try carryOut(operation, oci, container.id)
                    #expect(result.status == 0 && result.errors.isEmpty, "\(operation) of \(state): \(result)")
                    #expect(try container.status == state, "after \(operation)")
                }
            }
            for operation in legal where ends.contains(operation) {
                try oci.container { container in
                    try bring(container, to: state)
                    let result = try carryOut(operation, oci, container.id)
                    #expect(result.status == 0 && result.errors.isEmpty, "\(operation) of \(state): \(result)")
                    switch operation {
                    case "kill": try eventually { try container.status == "stopped" }
                    case "pause": #expect(try container.status == "paused")
                    case "start", "resume": #expect(try container.status == "running")
                    default: #expect(oci.records.isEmpty && oci.cgroups.isEmpty)
                    }
                }
            }
        }
    }

    @Test func whatIsNotThere() throws {
        try Bundles.with { oci in
            for operation in Self.operations.keys.sorted() {
                let result = try carryOut(operation, oci, "missing")
                if operation == "force" {
                    #expect(result.status == 0, "\(result)")
                } else {
                    #expect(result.status == (operation == "exec" ? 255 : 1), "\(operation): \(result)")
                    #expect(result.errors.contains("container \"missing\" does not exist"), "\(operation): \(result)")
                }
            }
            for arguments in [["create"], ["start"], ["state"], ["kill"], ["delete"], ["run"]] {
                #expect(try oci.oci(arguments).status == 1, "\(arguments)")
            }
        }
    }

    @Test func idsThatAreTakenOrMalformed() throws {
        try Bundles.with { oci in
            try oci.container { container in
                let again = try oci.oci(["create", "--bundle", container.bundle, container.id])
                #expect(again.status == 1 && again.errors.contains("already exists"), "\(again)")
                #expect(try container.status == "created")
                for id in ["", ".", "..", "a/b", "../x", "a b", "ü", "a\nb", String(repeating: "a", count: 256)] {
                    for command in [["create", "--bundle", container.bundle], ["state"], ["delete", "--force"]] {
                        let result = try oci.oci(command + [id])
                        #expect(
                            result.status == 1 && result.errors.split(separator: "\n").count == 1, "\(id): \(result)")
                    }
                }
                #expect(oci.records == [container.id])
            }
        }
    }

    @Test func stateSaysWhatTheSpecificationWants() throws {
        try Bundles.with { oci in
            let file = oci.box.folder + "/pid"
            try oci.container(
                ["--pid-file", file], { $0.annotations = ["org.example.key": "a \"value\"", "two": ""] }
            ) { container in
                let state = try container.state
                #expect(state.ociVersion == oci.standard.ociVersion && state.id == .string(container.id))
                #expect(state.status == "created" && state.bundle == .string(container.bundle))
                #expect(state.annotations == ["org.example.key": "a \"value\"", "two": ""])
                let pid = try #require(Int64(try Files.readText(file, limit: 64)))
                #expect(state.rootfs == .string(oci.rootfs) && state.pid.number == pid)
                try container.start()
                #expect(try container.proc("comm") == "sleep\n")
                #expect(try oci.oci(["list", "--quiet"]).output == container.id + "\n")
                let listed = try JSON(try oci.oci(["list", "--format", "json"]).output)
                #expect(listed[0].status == "running" && listed[0].pid.number == pid)
                let processes = try JSON(try container.oci("ps", "--format", "json").output)
                #expect(processes.items == [.number(pid)])
                let table = try container.oci("ps").output
                #expect(table.contains("sleep 100"), "\(table)")
                try container.stop()
                let stopped = try container.state
                #expect(stopped.pid == 0 && stopped.annotations == state.annotations)
            }
        }
    }

    @Test func signalsByNameAndToAll() throws {
        try Bundles.with { oci in
            let script =
                "for s in HUP USR1 TERM; do trap \"echo $s >>/tmp/got\" $s; done; >/tmp/got; while :; do sleep 0.02; done"
            try oci.container([], { $0.process.args = ["sh", "-c", .string(script)] }) { container in
                try container.start()
                let file = oci.rootfs + "/tmp/got"
                try eventually { access(file, F_OK) == 0 }
                for signal in ["HUP", "SIGUSR1", "15"] {
                    let before = try Files.readText(file, limit: 4096)
                    #expect(try oci.oci(["kill", container.id, signal]).status == 0)
                    try eventually { try Files.readText(file, limit: 4096) != before }
                }
                #expect(try Files.readText(file, limit: 4096) == "HUP\nUSR1\nTERM\n")
                #expect(try oci.oci(["kill", container.id, "NONSENSE"]).status == 1)
                #expect(try oci.oci(["exec", "--detach", container.id, "sleep", "100"]).status == 0)
                #expect(try oci.oci(["kill", "--all", container.id, "KILL"]).status == 0)
                try eventually { try container.oci("ps", "--format", "json").output == "[]\n" }
            }
        }
    }

    @Test func withoutAPidNamespaceAllEndWithTheFirst() throws {
        try Bundles.with { oci in
            try oci.container(
                [],
                {
                    $0.linux.namespaces.items.removeAll { $0.type == "pid" }
                    $0.process.args = ["sh", "-c", "sleep 100 & sleep 100 & wait"]
                }
            ) { container in
                try container.start()
                try eventually { try JSON(try container.oci("ps", "--format", "json").output).items.count == 3 }
                try container.stop()
                #expect(try container.oci("delete").status == 0)
            }
        }
    }

    @Test func manyAtOnceTakeTurns() throws {
        try Bundles.with { oci in
            let null = try Descriptor.open("/dev/null", O_RDWR)
            func atOnce(_ words: [[String]]) throws -> [Int32] {
                try words.map { try Command.spawn(oci.words($0), input: null.raw, output: null.raw, error: null.raw) }
                    .map { try Command.wait($0, timeout: 60, name: "ck oci") }
            }
            try oci.container { container in
                let starts = try atOnce(Array(repeating: ["start", container.id], count: 4))
                #expect(starts.sorted() == [0, 1, 1, 1], "starts: \(starts)")
                #expect(try container.status == "running")
                try container.stop()
                let deletes = try atOnce(Array(repeating: ["delete", container.id], count: 4))
                #expect(deletes.sorted() == [0, 1, 1, 1], "deletes: \(deletes)")
                let creates = try atOnce(
                    Array(repeating: ["create", "--bundle", container.bundle, container.id], count: 4))
                #expect(creates.sorted() == [0, 1, 1, 1], "creates: \(creates)")
                let mixed = try atOnce([
                    ["delete", "--force", container.id], ["start", container.id], ["delete", "--force", container.id],
                    ["kill", container.id, "KILL"],
                ])
                #expect(mixed[0] == 0 && mixed[2] == 0, "\(mixed)")
                #expect(oci.records.isEmpty && oci.cgroups.isEmpty)
            }
        }
    }

    @Test func creationsThatAreKilledAtAnyInstantLeaveNothing() throws {
        try Bundles.with { oci in
            let null = try Descriptor.open("/dev/null", O_RDWR)
            let folder = try oci.bundle { $0.process.args = ["sleep", "4242"] }
            for instant in 0..<40 {
                let id = oci.newID()
                let pid = try Command.spawn(
                    oci.words(["create", "--bundle", folder, id]), input: null.raw, output: null.raw, error: null.raw)
                usleep(UInt32(instant) * 1500)
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
                let result = try oci.oci(["delete", "--force", id])
                #expect(result.status == 0, "\(instant): \(result)")
                #expect(oci.records.isEmpty, "\(instant)")
            }
            try eventually { oci.box.processes(named: "ck-shim").isEmpty && oci.cgroups.isEmpty }
            #expect(oci.cgroups.isEmpty)
        }
    }

    @Test func runDetachesAndKeeps() throws {
        try Bundles.with { oci in
            let folder = try oci.bundle { $0.process.args = ["sleep", "100"] }
            let id = oci.newID()
            #expect(try oci.oci(["run", "--detach", "--bundle", folder, id]).status == 0)
            let container = BundleContainer(bundles: oci, id: id, bundle: folder)
            #expect(try container.status == "running")
            #expect(try oci.oci(["delete", "--force", id]).status == 0)
            let kept = oci.newID()
            let quick = try oci.bundle { $0.process.args = ["sh", "-c", "exit 5"] }
            #expect(try oci.oci(["run", "--keep", "--bundle", quick, kept]).status == 5)
            #expect(oci.records == [kept])
            #expect(try oci.oci(["delete", kept]).status == 0)
        }
    }
}
