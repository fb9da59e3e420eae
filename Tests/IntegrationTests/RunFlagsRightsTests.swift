import ContainerSystem
import Glibc
import Testing

/// What the flags of `run` and `exec` let a container do, as it sees it.
@Suite struct RunFlagsRightsTests {
    private static let status = "grep -E 'CapBnd|NoNewPrivs|Seccomp:' /proc/self/status | tr -d '\\t'"

    @Test func capabilities() throws {
        try Sandbox.with { box in
            func bounding(_ flags: String...) throws -> String {
                let result = try box.shell(
                    "grep CapBnd /proc/self/status | tr -d '\\t'", ["--network", "none"] + flags)
                return result.output.isEmpty ? result.errors : result.output
            }
            #expect(try bounding("--cap-drop", "ALL") == "CapBnd:0000000000000000\n")
            #expect(try bounding("--cap-drop", "all", "--cap-add", "cap_chown") == "CapBnd:0000000000000001\n")
            #expect(try bounding("--cap-drop", "CHOWN", "--cap-add", "NET_ADMIN") == "CapBnd:00000000a80435fa\n")
            #expect(
                try bounding("--cap-add", "FOO")
                    == "ck: invalid CapAdd: unknown capability: \"CAP_FOO\" (the names are in capabilities(7), such as NET_ADMIN)\n"
            )
            let own = try #require(
                try Files.readText("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("CapPrm") })
            let all = own.split(separator: "\t").last.map { "CapBnd:\($0)\n" }
            #expect(try bounding("--cap-add", "ALL") == all)
            #expect(try bounding("--privileged", "--cap-drop", "ALL") == all, "as docker: it may do everything")
        }
    }

    @Test func aPrivilegedContainer() throws {
        try Sandbox.with { box in
            let result = try box.shell(
                Self.status + """
                    ; touch /proc/sys/kernel/core_pattern && echo settings; [ -e /dev/kmsg ] && echo devices
                    grep -q ' /sys sysfs rw' /proc/mounts && echo sys; mount -t tmpfs none /mnt && echo mounts
                    """, ["--privileged", "--network", "none", "-v", "\(box.folder):/mnt"])
            #expect(
                result.lines.dropFirst()
                    == ["NoNewPrivs:0", "Seccomp:0", "settings", "devices", "sys", "mounts"], "\(result)")
        }
    }

    @Test func securityOptions() throws {
        try Sandbox.with { box in
            func shell(_ script: String, _ options: String...) throws -> CommandResult {
                try box.shell(script, ["--network", "none"] + options.flatMap { ["--security-opt", $0] })
            }
            #expect(try shell(Self.status, "seccomp=unconfined").lines.last == "Seccomp:0")
            #expect(
                try shell(Self.status, "seccomp=builtin", "no-new-privileges").lines.dropFirst() == [
                    "NoNewPrivs:1", "Seccomp:2",
                ])
            let profile = box.folder + "/profile.json"
            try Files.replace(
                profile,
                with: Array(
                    """
                    {"defaultAction":"SCMP_ACT_ALLOW","archMap":[
                      {"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]},
                      {"architecture":"SCMP_ARCH_AARCH64","subArchitectures":[]}],
                     "syscalls":[
                      {"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28},
                      {"names":["unlink","unlinkat"],"action":"SCMP_ACT_ERRNO","excludes":{"caps":["CAP_CHOWN"]}},
                      {"names":["symlink","symlinkat"],"action":"SCMP_ACT_ERRNO","includes":{"caps":["CAP_SYS_ADMIN"]}}]}
                    """.utf8))
            let filtered = try shell(
                "mkdir /a 2>&1; touch /f; rm /f && echo removed; ln -s a /l && echo linked", "seccomp=\(profile)")
            #expect(
                filtered.lines == ["mkdir: can't create directory '/a': No space left on device", "removed", "linked"],
                "\(filtered)")
            try Files.replace(profile, with: Array("{bad".utf8))
            let bad = try shell("true", "seccomp=\(profile)")
            #expect(bad.status == 125 && bad.errors.contains("seccomp profile (\(profile))"), "\(bad)")
            #expect(
                try shell("true", "seccomp=/no/such").errors.contains("opening seccomp profile (/no/such) failed"))
            let paths = try shell(
                "[ -w /proc/sys/kernel/panic ] && cat /proc/keys > /dev/null && echo open",
                "systempaths=unconfined")
            #expect(paths.output == "open\n", "\(paths)")
            let groups = try shell(
                "mkdir /sys/fs/cgroup/\(HostCgroups.isUnified ? "" : "pids/")sub && hostname", "writable-cgroups")
            let id = groups.line(0)
            #expect(groups.status == 0 && id.count == 12, "\(groups)")
            #expect(HostCgroups.containers().filter { $0.contains(id) }.isEmpty, "what it made is gone with it")
            #expect(try shell("echo fine", "label=disable", "apparmor=unconfined").output == "fine\n")
        }
    }

    @Test func devices() throws {
        try Sandbox.with { box in
            let result = try box.shell(
                """
                ls -l /dev/nothing | cut -c1-10; echo x > /dev/nothing && echo written
                mknod /tmp/m c 10 229; head -c 1 /tmp/m 2>&1; head -c 0 /dev/ro && echo read; echo x 2>/dev/null > /dev/ro || echo kept
                """,
                [
                    "--network", "none", "--device", "/dev/null:/dev/nothing", "--device", "/dev/zero:/dev/ro",
                    "--device-cgroup-rule", "c 10:229 r",
                ])
            #expect(result.lines.prefix(2) == ["crw-rw-rw-", "written"], "\(result)")
            #expect(!result.output.contains("not permitted"), "the rule allows it: \(result)")
            let missing = try box.shell("true", ["--device", "/dev/nope"])
            #expect(
                missing.errors.contains(
                    "error gathering device information while adding custom device \"/dev/nope\": no such file or directory"
                ), "\(missing)")
            #expect(try box.shell("true", ["--device", "/etc/passwd"]).errors.contains("not a device node"))
        }
    }

    @Test func processesThatJoin() throws {
        try Sandbox.with { box in
            let run = try box.ck(
                [
                    "run", "-d", "--name", "cc", "--network", "none", "-u", "user", "--group-add", "55", "-e", "A=1",
                    "bb",
                    "sleep", "100",
                ])
            #expect(run.status == 0, "\(run)")
            let file = box.folder + "/env"
            try Files.replace(file, with: Array("B=2\n".utf8))
            func exec(_ flags: [String], _ script: String) throws -> CommandResult {
                try box.ck(["exec"] + flags + ["cc", "sh", "-c", script])
            }
            #expect(
                try exec(["--env-file", file, "-e", "C=3", "-w", "/tmp"], "echo $A$B$C; pwd; id -G").lines
                    == ["123", "/tmp", "1000 55 2000"])
            let privileged = try exec(["--privileged", "-u", "0"], "grep CapEff /proc/self/status | tr -d '\\t'")
            let plain = try exec(["-u", "0"], "grep CapEff /proc/self/status | tr -d '\\t'")
            #expect(
                plain.output == "CapEff:00000000a80425fb\n" && privileged.output > plain.output
                    || privileged.output.hasPrefix("CapEff:000001"), "\(privileged)")
            #expect(try box.ck(["exec", "-i", "cc", "cat"], input: "typed\n").output == "typed\n")
            #expect(try box.ck(["exec", "--detach-keys", "foo", "cc", "true"]).errors.contains("invalid detach keys"))
            #expect(try box.ck(["exec", "-w", "rel", "cc", "true"]).errors.contains("needs to be an absolute path"))
            #expect(try exec(["-d"], "echo there > /tmp/there").status == 0)
            try eventually { try exec([], "cat /tmp/there").output == "there\n" }
        }
    }
}
