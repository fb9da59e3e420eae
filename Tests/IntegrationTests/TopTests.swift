import ContainerSystem
import Glibc
import Testing

/// `ck top`, which reads /proc and nothing of the image's.
@Suite struct TopTests {
    private func start(
        _ box: Sandbox, _ command: [String], options: [String] = [], image: String = "bb"
    ) throws {
        let made = try box.ck(["run", "-d", "--network", "none", "--name", "cc"] + options + [image] + command)
        try #require(made.status == 0, "\(made)")
    }

    @Test func theProcessesOfAContainerAreShown() throws {
        try Sandbox.with { box in
            try start(box, ["sleep", "1000"], options: ["-u", "1000"])
            let full = try box.ck(["top", "cc"])
            #expect(
                full.line(0).split(separator: " ") == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
                "\(full)")
            // docker's columns are 20 wide here.
            #expect(full.line(0).hasPrefix("UID                 PID                 PPID"))
            #expect(full.lines.count == 2 && full.line(1).hasSuffix("sleep 1000"), "\(full)")
            let own = try box.ck(["top", "cc", "-o", "pid,uid,comm"])
            let fields = own.line(1).split(separator: " ")
            #expect(fields.count == 3 && fields[1...] == ["1000", "sleep"], "\(own)")
            // The id is the host's: what ps would say of it is the same.
            let pid = String(fields.first ?? "")
            #expect(try Files.readText("/proc/\(pid)/comm") == "sleep\n")
            let peer = try box.inside(["ps", "-o", "pid,ppid,uid,gid,stat,tty,ni,pri,nlwp,rss,vsz,args", "-q", pid])
            let ours = try box.ck(["top", "cc", "-o", "pid,ppid,uid,gid,stat,tty,ni,pri,nlwp,rss,vsz,args"])
            #expect(ours.line(0).split(separator: " ") == peer.line(0).split(separator: " "))
            #expect(ours.line(1).split(separator: " ") == peer.line(1).split(separator: " "), "\(ours) \(peer)")
            #expect(try box.ck(["container", "top", "cc", "aux"]).line(0).hasPrefix("USER "))
            #expect(try box.ck(["exec", "-d", "cc", "sleep", "2000"]).status == 0)
            try box.eventually("both processes") {
                let top = try box.ck(["top", "cc", "ax"])
                return top.lines.count == 3 && top.output.contains("sleep 2000")
            }
        }
    }

    @Test func whatCannotBeIsSaid() throws {
        try Sandbox.with { box in
            try start(box, ["sleep", "1000"])
            let id = try box.ck(["ps", "-q", "--no-trunc"]).line(0)
            for (options, message) in [
                (["-o", "pid,nosuch"], "ps: error: unknown user-defined format specifier \"nosuch\""),
                (["-o", "cmd"], "Couldn't find PID field in ps output"), (["-L"], "the option -L is not supported"),
            ] {
                let refused = try box.ck(["top", "cc"] + options)
                #expect(refused.status == 1 && refused.errors.contains(message), "\(refused)")
            }
            #expect(try box.ck(["top", "nosuch"]).errors == "ck: No such container: nosuch\n")
            try box.ck(["stop", "-t", "0", "cc"])
            let ended = try box.ck(["top", "cc"])
            #expect(ended.status == 1 && ended.errors == "ck: container \(id) is not running\n", "\(ended)")
        }
    }

    /// Row 24 of the threats: an image whose ps, nsenter, cat and libraries are traps.
    @Test func nothingOfTheImageIsRun() throws {
        try Sandbox.with { box in
            let root = try box.makeRootFolder("trojan")
            for name in ["ps", "nsenter", "cat", "top", "sh"] {
                for folder in ["bin", "usr/bin", "sbin"] {
                    try Files.makeDirectory("\(root)/\(folder)")
                    unlink("\(root)/\(folder)/\(name)")
                    try Files.replace(
                        "\(root)/\(folder)/\(name)",
                        with: Array("#!/bin/busybox sh\n/bin/busybox touch /sprung\n".utf8), mode: 0o755)
                }
            }
            try Files.makeDirectory(root + "/lib")
            try Files.replace(root + "/lib/libnss_files.so.2", with: Array("no library".utf8))
            try #require(try box.ck(["init", root, "trojan"]).status == 0)
            try start(box, ["busybox", "sleep", "1000"], image: "trojan")
            for options in [[], ["aux"], ["-eo", "pid,user,group,args"]] {
                let top = try box.ck(["top", "cc"] + options)
                #expect(top.status == 0 && top.lines.count == 2 && top.line(1).contains("sleep 1000"), "\(top)")
            }
            let sprung = try box.ck(["exec", "cc", "busybox", "ls", "/"])
            #expect(sprung.status == 0 && !sprung.output.contains("sprung"), "\(sprung)")
        }
    }

    /// A process may call itself what it likes.
    @Test func aNameDrivesNoTerminal() throws {
        try Sandbox.with { box in
            try start(box, ["sh", "-c", "sleep 1000; true", "x\u{1b}]52;c;aGk=\u{7}\nroot 1 init"])
            try box.eventually("both processes") { try box.ck(["top", "cc"]).lines.count == 3 }
            let top = try box.ck(["top", "cc"])
            #expect(top.lines.count == 3 && !top.output.contains("\u{1b}"), "\(top)")
            #expect(top.output.contains("x?]52;c;aGk=??root 1 init"), "\(top)")
        }
    }
}
