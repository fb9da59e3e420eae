import ContainerSystem
import Glibc
import Testing

/// Rights that a process has without having been given them. Rows 11 to 14 and 17 of the threats.
@Suite struct OCIThreatRightsTests {
    // MARK: - Row 11

    @Test func row11NothingIsInheritable() throws {
        try Sandbox.with { box in
            let look = ["grep", "-E", "CapInh|CapAmb", "/proc/self/status"]
            let none = "CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n"
            var bundle = try Bundle(box)
            bundle.command = look
            try bundle.startSleeping("long")
            try #require(try box.ck(["run", "-d", "--name", "long", "bb", "sleep", "600"]).status == 0)
            // Whoever starts it may have some to pass on.
            let rich = ["setpriv", "--inh-caps", "+chown,+kill", "--ambient-caps", "+chown,+kill"]
            for user in [0, 1000] {
                bundle.user = #"{"uid":\#(user),"gid":\#(user)}"#
                try bundle.write()
                let words = ["run", "--bundle", bundle.path, "one"]
                for result in [
                    try bundle.oci(words), try box.inside(rich + bundle.arguments(words)),
                    try bundle.oci(["exec", "--user", "\(user)", "long"] + look),
                    try box.inside(rich + bundle.arguments(["exec", "--user", "\(user)", "long"] + look)),
                    try box.inside(rich + bundle.arguments(["exec", "--cap", "CAP_NET_ADMIN", "long"] + look)),
                    try box.ck(["run", "--rm", "-u", "\(user)", "bb"] + look),
                    try box.inside(rich + box.ckProgram + ["run", "--rm", "-u", "\(user)", "bb"] + look),
                    try box.ck(["exec", "-u", "\(user)", "long"] + look),
                    try box.inside(rich + box.ckProgram + ["exec", "-u", "\(user)", "long"] + look),
                ] { #expect(result.output == none, "\(user): \(result)") }
            }
        }
    }

    // MARK: - Row 12

    /// There is no rootless mode, in which the attack was found. What it did must fail for a container of root as well: the
    /// control groups that it sees are read-only, and so is what is above them.
    @Test func row12ControlGroupsAreReadOnly() throws {
        try Sandbox.with { box in
            let attack = """
                cd /sys/fs/cgroup; grep -c . /proc/self/cgroup > /dev/null
                for d in . .. * */* */..; do
                mkdir $d/escape && echo MADE $d; done 2>/dev/null
                for f in cgroup.procs */cgroup.procs */tasks */release_agent */notify_on_release */devices.allow cgroup.subtree_control memory.max pids.max; do
                [ -e $f ] && echo 0 > $f && echo WROTE $f; done 2>/dev/null
                mount -o remount,rw /sys/fs/cgroup 2>/dev/null && echo REMOUNTED
                ls | head -1
                """
            var bundle = try Bundle(box)
            bundle.command = ["sh", "-c", attack]
            bundle.mounts += [
                #"{"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","ro"]}"#,
                #"{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["nosuid","noexec","nodev","ro"]}"#,
            ]
            for namespaces in [bundle.namespaces, bundle.namespaces + ["cgroup"]] {
                bundle.namespaces = namespaces
                let result = try bundle.run()
                #expect(result.status == 0 && result.lines.count == 1, "\(namespaces): \(result)")
            }
            let engine = try box.shell(attack)
            #expect(engine.lines.count == 1, "\(engine)")
        }
    }

    // MARK: - Row 13

    /// Rights that a group takes away (mode 0705) come back to whoever can leave the group. Only root starts containers
    /// here, whom no group keeps out; anybody else must not get as far as a user namespace of ours.
    @Test func row13NobodyLeavesAGroupByAUserNamespace() throws {
        try Sandbox.with(image: false) { box in
            var bundle = try Bundle(box)
            let secret = box.folder + "/secret"
            try Files.makeDirectory(secret, mode: 0o705)
            try Files.replace(secret + "/file", with: Array("SECRET\n".utf8))
            chown(secret, 0, 4242)
            chmod(secret, 0o705)
            bundle.namespaces.append("user")
            bundle.moreOfLinux =
                #","uidMappings":[{"containerID":0,"hostID":1000,"size":1}],"gidMappings":[{"containerID":0,"hostID":1000,"size":1}]"#
            bundle.mounts.append(Bundle.bind(secret, "/secret"))
            bundle.command = ["cat", "/secret/file"]
            try bundle.write()
            let someone = ["setpriv", "--reuid", "1000", "--regid", "1000", "--groups", "4242"]
            let program = [Sandbox.binFolder + "/ck", "oci", "--root", "/tmp/ck-it-\(getpid())"]
            let result = try box.inside(someone + program + ["run", "--bundle", bundle.path, "one"])
            #expect(result.status != 0 && !result.output.contains("SECRET"), "\(result)")
            #expect(try box.inside(someone + ["cat", secret + "/file"]).status != 0)
            _ = try? Files.removeTree("/tmp/ck-it-\(getpid())")
        }
    }

    /// The groups of whoever starts a container are not the container's.
    @Test func row13TheCallersGroupsStayOutside() throws {
        try Sandbox.with { box in
            var bundle = try Bundle(box)
            bundle.command = ["grep", "Groups", "/proc/self/status"]
            let caller = ["setpriv", "--groups", "4242,0"]
            for maps in [false, true] {
                if maps {
                    bundle.namespaces.append("user")
                    let map = #"[{"containerID":0,"hostID":100000,"size":65536}]"#
                    bundle.moreOfLinux = #","uidMappings":\#(map),"gidMappings":\#(map)"#
                    chmod(bundle.rootfs, 0o755)
                }
                try bundle.write()
                let run = try box.inside(caller + bundle.arguments(["run", "--bundle", bundle.path, "one"]))
                #expect(run.output == "Groups:\t \n", "\(run)")
                try bundle.startSleeping("long")
                let exec = try box.inside(caller + bundle.arguments(["exec", "long"] + bundle.command))
                #expect(exec.output == "Groups:\t \n", "\(exec)")
                #expect(try bundle.oci(["delete", "--force", "long"]).status == 0)
            }
            let engine = try box.inside(caller + box.ckProgram + ["run", "--rm", "bb"] + bundle.command)
            #expect(engine.status == 0 && !engine.output.contains("4242"), "\(engine)")
        }
    }

    // MARK: - Row 14

    @Test func row14ThePrimaryGroupIsAmongTheGroups() throws {
        try Sandbox.with { box in
            let look = "id -G; grep Groups /proc/self/status"
            func groups(_ result: CommandResult) -> [String] {
                result.lines.map { $0.replacing("Groups:", with: "").split { $0.isWhitespace }.joined(separator: " ") }
            }
            try #require(try box.ck(["run", "-d", "--name", "long", "bb", "sleep", "600"]).status == 0)
            for (user, expected) in [
                ("1000:1000", "1000"), ("1000", "1000 2000"), ("1000:2000", "2000"), ("4321:4321", "4321"),
                ("4321", "0"),
            ] {
                let run = try box.shell(look, ["-u", user])
                #expect(groups(run) == [expected, expected], "\(user): \(run)")
                let exec = try box.ck(["exec", "-u", user, "long", "sh", "-c", look])
                #expect(groups(exec) == [expected, expected], "\(user): \(exec)")
            }
            // To the OCI runtime the groups are what the specification says.
            var bundle = try Bundle(box)
            bundle.command = ["sh", "-c", look]
            for (more, expected) in [("", ["1000", ""]), (#","additionalGids":[1000,7]"#, ["1000 7", "7 1000"])] {
                bundle.user = #"{"uid":1000,"gid":1000\#(more)}"#
                let result = try bundle.run()
                let found = result.output.split(separator: "\n", omittingEmptySubsequences: false).prefix(2)
                    .map { $0.replacing("Groups:", with: "").split { $0.isWhitespace }.joined(separator: " ") }
                #expect(found == expected, "\(result)")
            }
        }
    }

    // MARK: - Row 17

    /// What a container types into its terminal must not reach the shell that started it.
    @Test(arguments: [
        "run", "run -t", "exec", "exec -t", "ck run -t", "ck exec -t", "ck run", "ck exec", "ck attach", "ck attach -t",
    ])
    func row17TheCallersTerminalGetsNoInput(how: String) throws {
        try Sandbox.with { box in
            var bundle = try Bundle(box)
            try bundle.startSleeping("long")
            bundle.terminal = how == "run -t"
            bundle.command = ["attacker", "inject", "echo ATTACKED\n"]
            try bundle.write()
            let attack = ["attacker", "inject", "'echo ATTACKED\n'"]
            let program = bundle.arguments([])
            try Files.makeDirectory(box.folder + "/tool")
            try Files.replace(box.folder + "/tool/attacker", with: Attacker.program(), mode: 0o755)
            let engine = ["-v", "\(box.folder)/tool:/tool"]
            let words: [String]
            switch how {
            case "run", "run -t": words = program + ["run", "--bundle", bundle.path, "one"]
            case "exec": words = program + ["exec", "long"] + attack
            case "exec -t": words = program + ["exec", "--tty", "long"] + attack
            case "ck exec", "ck exec -t":
                try #require(
                    try box.ck(["run", "-d", "--name", "long"] + engine + ["bb", "sleep", "600"]).status == 0)
                let flags = how == "ck exec" ? "-i" : "-it"
                words = box.ckProgram + ["exec", flags, "long", "/tool/attacker"] + attack.dropFirst()
            case "ck attach", "ck attach -t":
                // It attacks once somebody is attached, whose line it waits for.
                let script = "read line; /tool/attacker inject 'echo ATTACKED\n'"
                let flags = how == "ck attach" ? "-di" : "-dit"
                let started = try box.ck(["run", flags, "--name", "long"] + engine + ["bb", "sh", "-c", script])
                try #require(started.status == 0, "\(started)")
                words = box.ckProgram + ["attach", "long"]
            default:
                words =
                    box.ckProgram + ["run", "--rm"] + (how == "ck run" ? [] : ["-it"]) + engine + [
                        "bb", "/tool/attacker",
                    ]
                    + attack.dropFirst()
            }
            // The shell reads what is waiting at its terminal afterwards.
            let script =
                words.joined(separator: " ") + "; echo; while read -t 0.3 line; do echo \"READ $line\"; done; echo end"
            let typed = how.hasPrefix("ck attach") ? #"["type", "go\n"], "# : ""
            let result = try box.inside(
                [
                    "python3", Fixture.path("terminal.py"), "24x80", "[\(typed)[\"expect\", \"\\nend\"]]", "bash", "-c",
                    script,
                ])
            #expect(result.output.contains("inject "), "\(result)")
            #expect(!result.output.contains("READ"), "\(result)")
            // With a terminal of its own it may do as it likes with that.
            if !how.hasSuffix("-t") { #expect(!result.output.contains("inject 0"), "\(result)") }
        }
    }
}
