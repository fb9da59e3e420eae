import ContainerSystem
import Glibc
import Testing

/// `linux.seccomp`: what system calls do then (config-linux.md, "Seccomp").
@Suite struct OCISeccompTests {
    private func filter(_ rules: JSON...) -> Bundles.Edit {
        { config in
            config.linux.seccomp = [
                "defaultAction": "SCMP_ACT_ALLOW",
                "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
            ]
            config.linux.seccomp.syscalls = .array(rules)
        }
    }

    private static let folders: JSON = ["mkdir", "mkdirat"]

    @Test(arguments: [true, false])
    func actions(_ gainsNothing: Bool) throws {
        let actions: [(JSON, String)] = [
            (["action": "SCMP_ACT_ERRNO"], "Operation not permitted\n1"),
            (["action": "SCMP_ACT_ERRNO", "errnoRet": 28], "No space left on device\n1"),
            (["action": "SCMP_ACT_ERRNO", "errnoRet": 0], "0"),
            (["action": "SCMP_ACT_TRACE"], "Function not implemented\n1"),
            (["action": "SCMP_ACT_KILL"], "Bad system call\n159"),
            (["action": "SCMP_ACT_KILL_THREAD"], "Bad system call\n159"),
            (["action": "SCMP_ACT_KILL_PROCESS"], "Bad system call\n159"),
            (["action": "SCMP_ACT_TRAP"], "Bad system call\n159"),
            (["action": "SCMP_ACT_LOG"], "0"),
        ]
        try Bundles.with { oci in
            for (index, (rule, expected)) in actions.enumerated() {
                var rule = rule
                rule.names = Self.folders
                let edit = filter(rule)
                let seen = try oci.look([
                    "made": "mkdir /tmp/f\(index); echo $?", "mode": "grep ^Seccomp: /proc/self/status | cut -f2",
                ]) {
                    try edit(&$0)
                    $0.process.noNewPrivileges = .bool(gainsNothing)
                }
                #expect(seen["made"]?.hasSuffix(expected) == true && seen["mode"] == "2", "\(rule.text): \(seen)")
            }
        }
    }

    @Test func operatorsOnArguments() throws {
        let operators: [(String, JSON, Set<String>)] = [
            ("SCMP_CMP_EQ", 0, ["200"]), ("SCMP_CMP_NE", 0, ["100", "300"]), ("SCMP_CMP_LT", 0, ["100"]),
            ("SCMP_CMP_LE", 0, ["100", "200"]),
            ("SCMP_CMP_GT", 0, ["300"]), ("SCMP_CMP_GE", 0, ["200", "300"]),
            ("SCMP_CMP_MASKED_EQ", 0o100, ["100", "300"]),
        ]
        try Bundles.with { oci in
            for (name, second, refused) in operators {
                let value: JSON = name == "SCMP_CMP_MASKED_EQ" ? 0o100 : 0o200
                func rule(_ call: String, _ index: Int64) -> JSON {
                    [
                        "names": [.string(call)], "action": "SCMP_ACT_ERRNO",
                        "args": [["index": .number(index), "value": value, "valueTwo": second, "op": .string(name)]],
                    ]
                }
                let script =
                    "touch /tmp/file; for m in 100 200 300; do chmod $m /tmp/file || echo refused $m; done 2>&1 | grep refused; true"
                let result = try oci.shell(script, [], filter(rule("chmod", 1), rule("fchmodat", 2)))
                #expect(Set(result.lines.map { String($0.dropFirst(8)) }) == refused, "\(name): \(result)")
            }
        }
    }

    @Test func allThatIsNotListedFails() throws {
        let calls = """
            read write open openat close stat fstat newfstatat lstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask
            rt_sigreturn ioctl access faccessat pipe pipe2 dup dup2 getpid clone fork vfork execve exit exit_group wait4 fcntl getcwd
            chdir readlink arch_prctl set_tid_address set_robust_list rseq prlimit64 getrandom getuid geteuid getgid getegid getppid
            prctl uname futex setpgid getpgrp sigaltstack sysinfo umask close_range
            """.split(whereSeparator: \.isWhitespace).map { JSON.string(String($0)) }
        try Bundles.with { oci in
            let seen = try oci.look([
                "made": "mkdir /tmp/f", "flags": "grep ^Seccomp /proc/self/status | tr '\\n\\t' '  '",
            ]) {
                $0.linux.seccomp = [
                    "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 95, "architectures": ["SCMP_ARCH_X86_64"],
                    "flags": [
                        "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
                    ],
                    "syscalls": [["names": .array(calls), "action": "SCMP_ACT_ALLOW"]],
                ]
            }
            #expect(
                seen["made"]?.hasSuffix("Operation not supported") == true
                    || seen["made"]?.hasSuffix("Not supported") == true, "\(seen)")
            #expect(seen["flags"]?.hasPrefix("Seccomp: 2") == true, "\(seen)")
        }
    }

    @Test func processesThatJoinAreFilteredToo() throws {
        try Bundles.with { oci in
            try oci.container([], filter(["names": Self.folders, "action": "SCMP_ACT_ERRNO", "errnoRet": 28])) {
                container in
                try container.start()
                let result = try container.exec("mkdir /tmp/f")
                #expect(result.errors.contains("No space left"), "\(result)")
            }
        }
    }

    @Test(arguments: [true, false])
    func anAgentAnswers(_ gainsNothing: Bool) throws {
        try Bundles.with { oci in
            let socket = oci.box.folder + "/agent.sock"
            let output = try Descriptor.open(oci.box.folder + "/agent", O_RDWR | O_CREAT, mode: 0o600)
            let agent = try Command.spawn(
                ["python3", Fixture.path("seccomp-agent.py"), socket], input: output.raw, output: output.raw,
                error: output.raw)
            defer {
                kill(agent, SIGKILL)
                waitpid(agent, nil, 0)
            }
            try eventually { access(socket, F_OK) == 0 }
            try oci.container(
                [],
                {
                    try filter(["names": Self.folders, "action": "SCMP_ACT_NOTIFY"])(&$0)
                    $0.linux.seccomp.listenerPath = .string(socket)
                    $0.linux.seccomp.listenerMetadata = "for \"the agent\""
                    $0.annotations = ["a": "b"]
                    $0.process.noNewPrivileges = .bool(gainsNothing)
                    $0.process.args = [
                        "sh", "-c",
                        "mkdir /tmp/yes && echo done >/tmp/said; mkdir /tmp/no 2>>/tmp/said; exec sleep 100",
                    ]
                }
            ) { container in
                let pid = try container.pid
                try container.start()
                let said = oci.rootfs + "/tmp/said"
                try eventually { ((try? Files.readText(said, limit: 4096)) ?? "").contains("No space left") }
                // It was said to have been done, and was not.
                #expect(
                    try Files.readText(said, limit: 4096).hasPrefix("done\n")
                        && access(oci.rootfs + "/tmp/yes", F_OK) != 0)
                let state = try JSON(
                    String(try Files.readText(oci.box.folder + "/agent", limit: 1 << 16).split(separator: "\n")[0]))
                #expect(
                    state.fds == ["seccompFd"] && state.pid.number == pid && state.metadata == "for \"the agent\"",
                    "\(state.text)")
                #expect(state.state.id == .string(container.id) && state.state.status == "creating", "\(state.text)")
                #expect(
                    state.state.annotations == ["a": "b"] && state.state.bundle == .string(container.bundle),
                    "\(state.text)")
            }
        }
    }

    @Test func policiesThatMakeNoSense() throws {
        try Bundles.with { oci in
            let rule: JSON = ["names": ["mkdir"], "action": "SCMP_ACT_ERRNO"]
            try oci.refuse(
                "linux.seccomp.syscalls[0].names[1]", "teleport",
                edit: filter(["names": ["mkdir", "teleport"], "action": "SCMP_ACT_ERRNO"]))
            try oci.refuse(
                "linux.seccomp.syscalls[0].action", edit: filter(["names": ["mkdir"], "action": "SCMP_ACT_DANCE"]))
            try oci.refuse("linux.seccomp.defaultAction") { $0.linux.seccomp = ["defaultAction": "SCMP_ACT_DANCE"] }
            try oci.refuse("linux.seccomp.architectures[0]") {
                $0.linux.seccomp = [
                    "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_PDP11"], "syscalls": [rule],
                ]
            }
            try oci.refuse("linux.seccomp.flags[0]") {
                $0.linux.seccomp = [
                    "defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_NONE"], "syscalls": [rule],
                ]
            }
            try oci.refuse(
                "linux.seccomp.syscalls[0].args[0].op",
                edit: filter([
                    "names": ["mkdir"], "action": "SCMP_ACT_ERRNO",
                    "args": [["index": 0, "value": 1, "op": "SCMP_CMP_LIKE"]],
                ]))
            try oci.refuse("/no/such/agent") {
                try filter(["names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"])(&$0)
                $0.linux.seccomp.listenerPath = "/no/such/agent"
            }
        }
    }
}
