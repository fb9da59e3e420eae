import ContainerSystem
import Glibc
import Testing

/// Hooks (config.md, "POSIX-platform Hooks"): when each runs, where, with what, and what follows when it fails.
@Suite struct OCIHookTests {
    private static let kinds = [
        "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
    ]

    /// A hook that writes down what it sees.
    private func witness(_ kind: String, _ log: String) -> JSON {
        let script = """
            { echo "@\(kind)"; cat; echo; readlink /proc/self/ns/mnt; readlink /proc/self/ns/pid
            tr '\\0' ' ' </proc/self/environ; echo; echo "$0 $*"; } >>\(log)
            """
        return [
            "path": "/bin/sh", "args": ["sh", "-c", .string(script), "name", "one", "two"],
            "env": ["PATH=/bin:/usr/bin", .string("KIND=\(kind)")],
        ]
    }

    private func namespace(_ pid: Int64, _ kind: String) -> String {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = readlink("/proc/\(pid)/ns/\(kind)", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }

    @Test func allSixInOrderWithStateAndPlace() throws {
        try Bundles.with { oci in
            let log = oci.box.folder + "/hooks"
            try Files.replace(log, with: [])
            try Files.makeDirectory(oci.rootfs + "/log")
            func names() throws -> [String] {
                try Files.readText(log, limit: 1 << 20).split(separator: "\n").filter { $0.hasPrefix("@") }.map {
                    String($0.dropFirst())
                }
            }
            let edit: Bundles.Edit = { config in
                config.annotations = ["some": "thing"]
                config.mounts.items.append([
                    "destination": "/log/hooks", "type": "bind", "source": .string(log), "options": ["bind"],
                ])
                for kind in Self.kinds {
                    let place = kind == "startContainer" ? "/log/hooks" : log
                    config.hooks[kind] = [self.witness(kind, place)]
                }
                config.hooks.poststart.items.append(self.witness("second", log))
            }
            var own = ["", ""]
            var host = ["", ""]
            var pid: Int64 = 0
            var bundle = ""
            try oci.container([], edit) { container in
                #expect(try names() == ["prestart", "createRuntime", "createContainer"])
                pid = try container.pid
                bundle = container.bundle
                own = ["mnt", "pid"].map { namespace(pid, $0) }
                host = try oci.box.inside(["readlink", "/proc/self/ns/mnt", "/proc/self/ns/pid"]).lines.map(String.init)
                try container.start()
                #expect(try names().dropFirst(3) == ["startContainer", "poststart", "second"])
                try container.stop()
                #expect(try container.oci("delete").status == 0)
                #expect(try names().dropFirst(6) == ["poststop"])
            }
            let status = [
                "prestart": "created", "createRuntime": "creating", "createContainer": "creating",
                "startContainer": "created", "poststart": "running", "poststop": "stopped",
            ]
            let seen = Bundles.answers(try Files.readText(log, limit: 1 << 20))
            for kind in Self.kinds {
                let lines = try #require(seen[kind]).split(separator: "\n").map(String.init)
                try #require(lines.count == 5, "\(lines)")
                let state = try JSON(lines[0])
                #expect(state.status.string == status[kind], "\(kind): \(state.text)")
                #expect(state.bundle == .string(bundle) && state.annotations == ["some": "thing"], "\(kind)")
                #expect(state.id.string?.hasPrefix(oci.mark) == true && state.ociVersion == oci.standard.ociVersion)
                #expect(kind == "poststop" || state.pid.number == pid, "\(kind): \(state.text)")
                let isInside = kind == "createContainer" || kind == "startContainer"
                #expect(lines[1...2].map(\.self) == (isInside ? own : host), "\(kind)")
                #expect(lines[3].trimmed == "PATH=/bin:/usr/bin KIND=\(kind)", "\(kind)")
                #expect(lines[4] == "name one two", "\(kind)")
            }
        }
    }

    private func failing(_ script: String = "echo broken; exit 3", timeout: JSON = nil) -> JSON {
        var hook: JSON = ["path": "/bin/sh", "args": ["sh", "-c", .string(script)], "env": ["PATH=/bin:/usr/bin"]]
        hook.timeout = timeout
        return hook
    }

    @Test(arguments: ["prestart", "createRuntime", "createContainer"])
    func beforeTheCreationTheyUndoIt(_ kind: String) throws {
        try Bundles.with { oci in
            let log = oci.box.folder + "/hooks"
            try oci.refuse("hooks.\(kind)[1]", "exit status 3", "broken") {
                $0.hooks[kind] = [self.failing("exit 0"), self.failing(), self.failing("echo third >>\(log)")]
                $0.hooks.poststop = [self.witness("poststop", log)]
            }
            // The rest of the list is not run; what is run after the end is.
            let said = try Files.readText(log, limit: 1 << 16)
            #expect(said.hasPrefix("@poststop\n{") && !said.contains("third"), "\(said)")
            try oci.refuse("hooks.\(kind)[0]") { $0.hooks[kind] = [["path": "/no/such/hook"]] }
            try oci.refuse("hooks.\(kind)[0]", "did not end") {
                $0.hooks[kind] = [self.failing("sleep 50", timeout: 1)]
            }
            try oci.refuse("hooks.\(kind)[0]", "signal 9") { $0.hooks[kind] = [self.failing("kill -9 $$")] }
        }
    }

    @Test func beforeTheStartTheyStopIt() throws {
        try Bundles.with { oci in
            for hook in [failing(), failing("sleep 50", timeout: 1), ["path": "/no/such/hook"]] {
                try oci.container([], { $0.hooks.startContainer = [hook] }) { container in
                    let started = try container.oci("start")
                    #expect(started.status == 1 && started.errors.contains("hooks.startContainer"), "\(started)")
                    #expect(started.errors.split(separator: "\n").count == 1, "\(started)")
                    try eventually { try container.status == "stopped" }
                    #expect(try container.oci("delete").status == 0)
                }
                let run = try oci.run { $0.hooks.startContainer = [hook] }
                #expect(run.status == 1 && run.errors.contains("hooks.startContainer[0]"), "\(run)")
            }
        }
    }

    @Test func afterwardsTheyAreWarnedOf() throws {
        try Bundles.with { oci in
            let log = oci.box.folder + "/hooks"
            try oci.container(
                [],
                {
                    $0.hooks.poststart = [self.failing(), self.witness("poststart", log)]
                    $0.hooks.poststop = [self.failing("sleep 50", timeout: 1), self.witness("poststop", log)]
                }
            ) { container in
                let started = try container.oci("start")
                #expect(started.status == 0 && started.errors.isEmpty, "\(started)")
                #expect(try container.status == "running")
                try container.stop()
                let deleted = try container.oci("delete")
                #expect(deleted.status == 0 && deleted.errors.isEmpty, "\(deleted)")
            }
            let seen = Bundles.answers(try Files.readText(log, limit: 1 << 16))
            #expect(seen["poststart"] != nil && seen["poststop"] != nil)
            let warnings = try Files.readText(oci.log, limit: 1 << 20)
            for hook in ["hooks.poststart[0]", "hooks.poststop[0]"] {
                let line = warnings.split(separator: "\n").first { $0.contains(hook) } ?? ""
                #expect(line.contains("level=warning"), "\(warnings)")
            }
        }
    }

    @Test func aRunCallsThemAll() throws {
        try Bundles.with { oci in
            let log = oci.box.folder + "/hooks"
            let result = try oci.run { config in
                config.process.args = ["true"]
                config.hooks.poststart = [self.failing(), self.witness("poststart", log)]
                config.hooks.poststop = [self.witness("poststop", log)]
            }
            #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
            let seen = Bundles.answers(try Files.readText(log, limit: 1 << 16))
            #expect(
                seen["poststart"]?.contains("\"running\"") == true && seen["poststop"]?.contains("\"stopped\"") == true,
                "\(seen)")
        }
    }
}
