import ContainerSystem
import Glibc
import Testing

@Suite struct RunTests {
    @Test func outputAndStatusAreTheContainers() throws {
        try Sandbox.with { box in
            let result = try box.shell("echo out; echo err >&2; exit 7")
            #expect(result.status == 7 && result.output == "out\n" && result.errors == "err\n", "\(result)")
            #expect(
                try box.shell("kill -TERM $$; sleep 1; exit 9").status == 9, "pid 1 ignores what it does not handle")
            #expect(try box.ck(["run", "--rm", "bb", "nosuch"]).status == 127)
            #expect(try box.ck(["run", "--rm", "bb", "/no/such"]).status == 127)
            #expect(try box.ck(["run", "--rm", "bb", "/etc"]).status == 126)
            #expect(try box.ck(["run", "--rm", "bb", "/etc/passwd"]).status == 126)
            #expect(try box.ck(["run", "--nosuchflag", "bb"]).status == 125)
            #expect(try box.ck(["ps", "-a", "-q"]).output.isEmpty, "none of them is left")
        }
    }

    @Test func errorsAreOneClearLine() throws {
        try Sandbox.with { box in
            let command = try box.ck(["run", "--rm", "bb", "nosuch"])
            #expect(command.errors.contains("nosuch") && command.errors.contains("not found in $PATH"), "\(command)")
            let memory = try box.ck(["run", "--rm", "-m", "12x", "bb", "true"])
            #expect(memory.status == 125 && memory.errors.contains("12x"), "\(memory)")
            let folder = try box.ck(["run", "--rm", "-w", "relative", "bb", "true"])
            #expect(folder.status == 125 && folder.errors.contains("absolute"), "\(folder)")
            let user = try box.ck(["run", "--rm", "-u", "nobody-here", "bb", "true"])
            #expect(user.status == 125 && user.errors.contains("nobody-here"), "\(user)")
            let flag = try box.ck(["run", "--rm", "--restart", "always", "bb", "true"])
            #expect(
                flag.status == 125
                    && flag.errors == "ck: conflicting options: cannot specify both --restart and --rm\n",
                "\(flag)")
            for result in [command, user] { #expect(result.errors.split(separator: "\n").count == 1, "\(result)") }
        }
    }

    @Test func theProcessIsAsAskedFor() throws {
        try Sandbox.with { box in
            let environment = try box.ck(
                [
                    "run", "--rm", "-e", "A=b c", "-e", "PATH=/bin", "-w", "/made/here", "-h", "box", "bb", "sh", "-c",
                    "echo $A; pwd; hostname; cat /etc/hostname; env",
                ])
            #expect(environment.lines.prefix(4) == ["b c", "/made/here", "box", "box"], "\(environment)")
            #expect(environment.lines.contains("PATH=/bin") && environment.lines.contains("HOME=/root"))
            #expect(try box.shell("id").output == "uid=0(root) gid=0(root) groups=0(root),10(wheel)\n")
            #expect(
                try box.shell("id; echo $HOME", ["-u", "user"]).output
                    == "uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)\n/tmp\n")
            #expect(try box.shell("id -G", ["-u", "1234:5678"]).output == "5678\n")
            let tree = try box.shell("echo $$; ps | wc -l; cat /proc/self/status | grep -E 'CapEff|CapInh|Seccomp:'")
            #expect(tree.lines.first == "1")
            #expect(tree.output.contains("CapEff:\t00000000a80425fb") && tree.output.contains("Seccomp:\t2"), "\(tree)")
            #expect(tree.output.contains("CapInh:\t0000000000000000"))
            let user = try box.shell(
                "grep -E 'CapEff|NoNew' /proc/self/status", ["-u", "user", "--security-opt", "no-new-privileges"])
            #expect(user.output == "CapEff:\t0000000000000000\nNoNewPrivs:\t1\n", "\(user)")
        }
    }

    @Test func limitsShowFromInside() throws {
        try Sandbox.with { box in
            let result = try box.shell(
                "cat \(HostCgroups.memoryFile) \(HostCgroups.pidsFile) \(HostCgroups.cpuFiles)",
                ["-m", "64m", "--pids-limit", "50", "--cpus", "0.5"])
            let words = result.output.split(whereSeparator: \.isWhitespace)
            #expect(words == ["67108864", "50", "50000", "100000"], "\(result)")
            let bomb = try box.shell(
                "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 2 & done; wait", ["--pids-limit", "6"])
            #expect(bomb.errors.contains("can't fork"), "\(bomb)")
            let hungry = try box.shell("dd if=/dev/zero of=/dev/null bs=200M count=1", ["-m", "32m"])
            #expect(hungry.status == 137, "\(hungry)")
            #expect(try box.shell("true", ["-m", "1k"]).errors.contains("6MB"))
        }
    }

    @Test func volumesAreShown() throws {
        try Sandbox.with { box in
            let shared = box.folder + "/shared"
            try Files.makeDirectory(shared)
            let result = try box.shell("echo new > /data/file && cat /data/file", ["-v", "\(shared):/data"])
            #expect(result.output == "new\n", "\(result)")
            #expect(try Files.readText(shared + "/file") == "new\n")
            let readOnly = try box.shell("cat /data/file; touch /data/other", ["-v", "\(shared):/data:ro"])
            #expect(readOnly.output == "new\n" && readOnly.errors.contains("Read-only"), "\(readOnly)")
            let file = try box.shell("cat /etc/one", ["-v", "\(shared)/file:/etc/one"])
            #expect(file.output == "new\n", "\(file)")
            #expect(try box.shell("ls /data", ["-v", "\(box.folder)/made:/data"]).status == 0)
            #expect(access(box.folder + "/made", F_OK) == 0, "a missing source is made, as docker does")
        }
    }

    @Test func inputReachesTheContainer() throws {
        try Sandbox.with { box in
            #expect(try box.ck(["run", "--rm", "-i", "bb", "cat"], input: "hello\n").output == "hello\n")
            let large = String(repeating: "0123456789abcdef\n", count: 60_000)
            let counted = try box.ck(["run", "--rm", "-i", "bb", "wc", "-c"], input: large)
            #expect(counted.output == "\(large.utf8.count)\n", "\(counted)")
            #expect(
                try box.ck(["run", "--rm", "bb", "cat"], input: "unseen\n").output.isEmpty, "without -i stdin is empty")
            let output = try box.shell("dd if=/dev/zero bs=64k count=160 2>/dev/null | tr '\\0' x")
            #expect(output.output.utf8.count == 160 * 65536)
        }
    }

    @Test func theHostIsOutOfReach() throws {
        try Sandbox.with { box in
            let script = """
                mount -t tmpfs none /mnt 2>/dev/null && echo MOUNTED
                echo 1 > /proc/sys/kernel/panic 2>/dev/null && echo SYSCTL
                echo b > /proc/sysrq-trigger 2>/dev/null && echo SYSRQ
                [ "$(wc -c < /proc/keys)" = 0 ] || echo KEYS
                [ "$(ls /sys/firmware | wc -l)" = 0 ] || echo FIRMWARE
                touch /sys/x 2>/dev/null && echo SYS
                mknod /tmp/disk b 254 0 && dd if=/tmp/disk of=/dev/null count=1 2>/dev/null && echo DISK
                unshare -U true 2>/dev/null && echo USERNS
                ls /proc/self/fd | tr '\\n' ' '
                (: > /proc/1/exe) 2>/dev/null && echo EXE
                echo end
                """
            let result = try box.shell(script)
            #expect(result.output == "0 1 2 3 end\n", "\(result)")
            for descriptor in 3..<12 {
                let escape = try box.ck(["run", "--rm", "-w", "/proc/self/fd/\(descriptor)", "bb", "ls"])
                #expect(!escape.output.contains("boot"), "\(escape)")
            }
        }
    }

    @Test func linksInAnImageLeadNowhere() throws {
        try Sandbox.with(image: false) { box in
            let path = try box.makeRootFolder("evil")
            symlink("/tmp", path + "/proc")
            symlink("../../../../../../etc", path + "/data")
            try box.ck(["init", path, "evil"])
            let result = try box.ck(["run", "--rm", "evil", "true"])
            #expect(result.status == 125 && result.errors.contains("symbolic link"), "\(result)")
            #expect(try box.ck(["ps", "-a", "-q"]).output.isEmpty)
        }
    }

    @Test func whoIsNotRootIsTold() throws {
        try Sandbox.with { box in
            let result = try box.inside(
                ["setpriv", "--reuid=65534", "--clear-groups", Sandbox.binFolder + "/ck", "run", "--rm", "bb", "true"])
            #expect(result.status == 125 && result.errors.contains("root"), "\(result)")
            #expect(result.errors.split(separator: "\n").count == 1)
        }
    }
}
