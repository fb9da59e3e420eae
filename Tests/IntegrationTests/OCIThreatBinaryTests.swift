import ContainerSystem
import Glibc
import Testing

/// A container that reaches for the programs and descriptors of whoever starts it. Rows 1 to 3 of the threats.
@Suite struct OCIThreatBinaryTests {
    /// The programs that start a container, as bytes.
    private static func programs() throws -> [[UInt8]] {
        try ["ck", "ck-shim"].map { try Files.read(Sandbox.binFolder + "/" + $0, limit: 256 << 20) }
    }

    /// From inside: the program of every process, by every name that it has there.
    private static let overwrite = """
        for p in self thread-self 1 [0-9]*; do for exe in /proc/$p/exe; do
        (printf x >> $exe) 2>/dev/null && echo WROTE $exe; (: > $exe) 2>/dev/null && echo EMPTIED $exe; done; done; echo done
        """

    @Test func row1TheProgramIsWhateverExecutesIt() throws {
        try Sandbox.with { box in
            var bundle = try Bundle(box)
            bundle.capabilities =
                Bundle.standardCapabilities + ["CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH", "CAP_SYS_ADMIN"]
            try Files.replace(bundle.rootfs + "/bin/evil", with: Array("#!/proc/self/exe\n".utf8), mode: 0o755)
            let before = try Self.programs()

            try bundle.startSleeping("long")
            bundle.command = ["/bin/evil"]
            let run = try bundle.run()
            #expect(run.status != 0, "\(run)")
            _ = try bundle.oci(["exec", "long", "/bin/evil"])
            _ = try bundle.oci(["exec", "long", "/proc/self/exe"])

            bundle.command = ["sh", "-c", Self.overwrite]
            let inRun = try bundle.run()
            #expect(inRun.output == "done\n", "\(inRun)")
            let inExec = try bundle.oci(["exec", "long", "sh", "-c", Self.overwrite])
            #expect(inExec.output == "done\n", "\(inExec)")
            #expect(try Self.programs() == before)
        }
    }

    @Test func row1TheProgramOfAnImageIsWhateverExecutesIt() throws {
        try Sandbox.with { box in
            let before = try Self.programs()
            let root = try box.makeRootFolder("evil")
            try Files.replace(root + "/bin/evil", with: Array("#!/proc/self/exe\n".utf8), mode: 0o755)
            try #require(try box.ck(["init", root, "evil"]).status == 0)
            #expect(try box.ck(["run", "--rm", "evil", "evil"]).status != 0)
            try #require(try box.ck(["run", "-d", "--name", "long", "evil", "sleep", "600"]).status == 0)
            for options in [["exec", "long", "evil"], ["exec", "long", "/proc/1/exe"]] { _ = try box.ck(options) }
            let result = try box.shell(Self.overwrite)
            #expect(result.output == "done\n", "\(result)")
            #expect(try box.ck(["exec", "long", "sh", "-c", Self.overwrite]).output == "done\n")
            #expect(try Self.programs() == before)
        }
    }

    /// A process of the container waits for those that join it, and looks into each before it executes its program.
    private func watch(_ bundle: Bundle, traces: Bool, joins: () throws -> Void) throws -> [Substring] {
        let log = bundle.rootfs + "/tmp/log"
        try bundle.startSleeping()
        let watching = ["attacker watch 3 \(traces ? 1 : 0) > /tmp/log"]
        let started = try bundle.oci(["exec", "--detach", "one", "sh", "-c"] + watching)
        try #require(started.status == 0, "\(started)")
        func words() -> [Substring] { ((try? Files.readText(log, limit: 64 << 20)) ?? "").split(separator: "\n") }
        while words().first != "WATCHING" { usleep(1000) }
        try joins()
        for _ in 0..<30_000 where words().last != "DONE" { usleep(1000) }
        return words()
    }

    @Test func row2NobodySeesIntoAProcessThatJoins() throws {
        try Sandbox.with { box in
            let bundle = try Bundle(box)
            let words = try watch(bundle, traces: true) { () throws in
                for _ in 0..<25 {
                    let joined = try bundle.oci(["exec", "one", "true"])
                    #expect(joined.status == 0, "\(joined)")
                }
            }
            #expect(words.contains("MET ck-shim"), "the attack never came near")
            // One that executes its program while it is looked at shows the streams of that.
            let harmless = ["WATCHING", "MET ck-shim", "DONE"] + (0...2).map { "SEEN ck-shim \($0)" }
            #expect(words.allSatisfy { harmless.contains(String($0)) }, "\(Set(words))")
        }
    }

    /// One who may look sees a socket and streams, and no file of the host: nothing to climb out from.
    @Test func row2WhoMayTraceFindsNothingOfTheHostInWhoJoins() throws {
        try Sandbox.with { box in
            var bundle = try Bundle(box)
            bundle.capabilities.append("CAP_SYS_PTRACE")
            let words = try watch(bundle, traces: false) { () throws in
                for _ in 0..<25 {
                    let joined = try bundle.oci(["exec", "one", "true"])
                    #expect(joined.status == 0, "\(joined)")
                }
            }
            #expect(words.contains { $0.hasPrefix("SEEN ck-shim") }, "the attack never came near")
            #expect(!words.contains { $0.hasPrefix("OUT") || $0.hasPrefix("FILE") }, "\(Set(words))")
        }
    }

    /// What waits to be started holds its root only.
    @Test func row2WhoJoinsACreatedContainerFindsNothingOfTheHost() throws {
        try Sandbox.with { box in
            var bundle = try Bundle(box)
            bundle.capabilities.append("CAP_SYS_PTRACE")
            bundle.command = ["sleep", "600"]
            try bundle.write()
            let created = try bundle.oci(["create", "--bundle", bundle.path, "one"])
            try #require(created.status == 0, "\(created)")
            let result = try bundle.oci(["exec", "one", "attacker", "watch", "0.2", "0"])
            #expect(result.output.contains("SEEN ck-shim"), "\(result)")
            let found = Set(result.lines.map { $0.prefix { $0 != " " } })
            #expect(found == ["WATCHING", "MET", "SEEN", "DONE"], "\(Set(result.lines))")
        }
    }

    // MARK: - Row 3

    /// Says whether the working folder is below the container's root.
    private static let climb = """
        top=.; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do top=$top/..; done;
        [ "$(stat -c %d:%i $top)" = "$(stat -c %d:%i /)" ] && echo inside || echo OUTSIDE
        """

    /// `ck` starts with folders of the host open, and the working folder is each of them in turn.
    @Test func row3AWorkingFolderOutsideIsRefused() throws {
        try Sandbox.with { box in
            var bundle = try Bundle(box)
            bundle.command = ["sh", "-c", Self.climb]
            (bundle.cwd, bundle.id) = ("/proc/self/fd/NUMBER", "NUMBER")
            try Files.replace(bundle.path + "/template.json", with: Array(bundle.json.utf8))
            (bundle.cwd, bundle.id) = ("/", "one")
            try bundle.startSleeping("long")
            let opened = "exec 5</ 6</etc 10</proc/self/root 20<\(box.folder) 33</sys 63</dev 64</var/tmp;"
            let program = bundle.arguments([]).joined(separator: " ")
            let result = try box.inside(
                [
                    "bash", "-c",
                    """
                    \(opened) cd \(bundle.path); for n in $(seq 3 64); do
                    sed "s/NUMBER/$n/g" template.json > config.json
                    \(program) run "run$n" 2>&1
                    \(program) exec --cwd "/proc/self/fd/$n" long sh -c '\(Self.climb)' 2>&1
                    \(program) create "new$n" > /dev/null 2>&1 && echo CREATED $n
                    done; echo done
                    """,
                ])
            #expect(result.lines.last == "done" && result.lines.count >= 125, "\(result)")
            #expect(!result.output.contains("OUTSIDE") && !result.output.contains("(unreachable)"), "\(result)")
        }
    }

    @Test func row3AnImageOrAFlagCannotLeadOutEither() throws {
        try Sandbox.with { box in
            try #require(try box.ck(["run", "-d", "--name", "long", "bb", "sleep", "600"]).status == 0)
            let program = box.ckProgram.joined(separator: " ")
            let result = try box.inside([
                "bash", "-c",
                """
                exec 5</ 6</etc 20<\(box.folder); for n in $(seq 3 24); do
                \(program) run --rm -w "/proc/self/fd/$n" bb sh -c '\(Self.climb)' 2>&1
                \(program) exec -w "/proc/self/fd/$n" long sh -c '\(Self.climb)' 2>&1
                done; echo done
                """,
            ])
            #expect(result.lines.last == "done" && result.lines.count >= 45, "\(result)")
            #expect(!result.output.contains("OUTSIDE") && !result.output.contains("(unreachable)"), "\(result)")
        }
    }

    @Test func row3DescriptorsOfTheCallerStayOutside() throws {
        try Sandbox.with { box in
            var bundle = try Bundle(box)
            bundle.command = ["sh", "-c", "ls /proc/self/fd | tr '\\n' ' '"]
            try bundle.startSleeping("long")
            try bundle.write()
            let program = bundle.arguments([]).joined(separator: " ")
            let result = try box.inside([
                "bash", "-c",
                """
                exec 5</ 6</etc 7>\(box.folder)/written 99</etc/hostname; cd \(bundle.path)
                \(program) run one; \(program) exec long ls /proc/self/fd | tr '\\n' ' '
                \(box.ckProgram.joined(separator: " ")) run --rm bb ls /proc/self/fd | tr '\\n' ' '
                """,
            ])
            // 3 is the folder that ls itself has open.
            #expect(result.output == "0 1 2 3 0 1 2 3 0 1 2 3 ", "\(result)")
        }
    }
}
