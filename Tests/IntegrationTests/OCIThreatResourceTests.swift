import ContainerSystem
import Glibc
import Testing

/// Files of an image that hold up whoever reads them, and containers that take all there is. Rows 46 and 54 of the
/// threats.
@Suite struct OCIThreatResourceTests {
    // MARK: - Row 46

    private enum Account: CaseIterable {
        case link, relativeLink, fifo, folder, device, huge, endless, garbage, socketName, processLink

        /// Puts it in the place of a file of the root.
        func make(_ path: String, _ canary: String) throws {
            unlink(path)
            switch self {
            case .link: try system("link") { symlink(canary, path) }
            case .relativeLink: try system("link") { symlink("../../../canary/file", path) }
            case .processLink: try system("link") { symlink("/proc/self/root/\(canary)", path) }
            case .fifo: try system("make a FIFO") { mkfifo(path, 0o666) }
            case .folder: try Files.makeDirectory(path)
            case .device: try system("make a node") { mknod(path, S_IFCHR | 0o666, 0x105) }
            case .huge:
                try Files.replace(path, with: Array("root:x:0:0:root:/root:/bin/sh\n".utf8))
                try system("make it large") { truncate(path, 64 << 20) }
            case .endless: try Files.replace(path, with: Array(repeating: UInt8(ascii: "x"), count: 3 << 20))
            case .garbage:
                try Files.replace(
                    path, with: Array("0:x:7:7::/evil:/bin/sh\n\u{0}\n::::::\nroot:x:-1:99999999999:::\n".utf8))
            case .socketName: try system("make a socket") { mknod(path, S_IFSOCK | 0o666, 0) }
            }
        }
    }

    /// The home folder of a container's user is looked up in its files, by `create` and by `exec`.
    @Test func row46TheHomeIsNotLookedUpOutside() throws {
        try Sandbox.with(image: false) { box in
            var bundle = try Bundle(box)
            try Files.makeDirectory(box.folder + "/canary")
            let outside = box.folder + "/canary/file"
            try Files.replace(outside, with: Array("root:x:0:0::/host:/bin/sh\n".utf8))
            bundle.command = ["sh", "-c", "echo $HOME"]
            try bundle.startSleeping("long")
            for account in Account.allCases {
                try account.make(bundle.rootfs + "/etc/passwd", outside)
                try bundle.write()
                let run = try bundle.oci(["run", "--bundle", bundle.path, "one"], timeout: 10)
                #expect(run.status == 0 && run.output == "/\n", "\(account): \(run)")
                let exec = try bundle.oci(["exec", "long", "sh", "-c", "echo $HOME"], timeout: 10)
                #expect(exec.status == 0 && exec.output == "/\n", "\(account): \(exec)")
                rmdir(bundle.rootfs + "/etc/passwd")
            }
        }
    }

    /// To the engine those files say who a user is: nobody is taken from outside, and nothing waits.
    @Test func row46TheEngineTakesNobodyFromOutside() throws {
        try Sandbox.with { box in
            try Files.makeDirectory(box.folder + "/canary")
            let outside = box.folder + "/canary/file"
            try Files.replace(outside, with: Array("ann:x:0:0::/host:/bin/sh\n".utf8))
            try #require(try box.ck(["run", "-d", "--name", "long", "bb", "sleep", "600"]).status == 0)
            for (index, account) in Account.allCases.enumerated() {
                let root = try box.makeRootFolder("root\(index)")
                try account.make(root + "/etc/passwd", outside)
                // A FIFO, a device or a socket is no part of what an image is made of here.
                guard try box.ck(["init", root, "hostile\(index)"], timeout: 20).status == 0 else { continue }
                for user in ["ann", "0", "1000:1000"] {
                    let run = try box.ck(
                        ["run", "--rm", "-u", user, "hostile\(index)", "sh", "-c", "id -u; echo $HOME"], timeout: 10)
                    #expect(!run.output.contains("host") && !run.output.contains("evil"), "\(account): \(run)")
                    if user == "ann" { #expect(run.status != 0, "\(account): \(run)") }
                }
            }
            let changes = [
                "ln -s /proc/1/environ", "mkfifo", "mkdir", "mknod -m 666 FILE c 1 5; :", "ln -s /proc/kcore",
                "truncate -s 8G", "ln -s \(outside)",
            ]
            for change in changes {
                let file = "/etc/passwd"
                let words = change.contains("FILE") ? change.replacing("FILE", with: file) : "\(change) \(file)"
                let changed = try box.ck(
                    ["exec", "-u", "0", "long", "sh", "-c", "rm -rf \(file); \(words)"], timeout: 10)
                // One that cannot be trusted is no reason to guess: the next change has to be made from a new container.
                if changed.status != 0 {
                    try #require(try box.ck(["rm", "-f", "long"]).status == 0)
                    try #require(try box.ck(["run", "-d", "--name", "long", "bb", "sleep", "600"]).status == 0)
                    _ = try box.ck(["exec", "long", "sh", "-c", "rm -rf \(file); \(words)"], timeout: 10)
                }
                let joined = try box.ck(["exec", "-u", "ann", "long", "id", "-u"], timeout: 10)
                #expect(joined.status != 0 && joined.output.isEmpty, "\(change): \(joined)")
            }
        }
    }

    // MARK: - Row 54

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let start = now()
        try body()
        return now() - start
    }

    @Test func row54AForkBombStaysWithinItsLimitAndDies() throws {
        let patience = Double(Patience.factor)
        try Sandbox.with { box in
            var bundle = try Bundle(box)
            bundle.moreOfLinux = #","resources":{"pids":{"limit":100}}"#
            bundle.command = ["attacker", "bomb"]
            for (id, kill) in [("killed", ["kill", "killed", "KILL"]), ("deleted", ["delete", "--force", "deleted"])] {
                try #require(try bundle.run(id, ["--detach"]).status == 0)
                func count() throws -> Int {
                    try bundle.oci(["ps", "--format", "json", id]).output.split(separator: ",").count
                }
                try eventually { try count() >= 50 }
                #expect(try count() <= 100)
                let took = try seconds { () throws in #expect(try bundle.oci(kill).status == 0) }
                #expect(took < 2 * patience, "\(id): \(took) s")
            }
            // Killing the first process ends all others, whatever they do.
            try eventually { try bundle.oci(["state", "killed"]).output.contains("stopped") }
            let took = try seconds { () throws in #expect(try bundle.oci(["delete", "killed"]).status == 0) }
            #expect(took < 2 * patience)
            // Among the processes of the host's namespace there is no first one to end them.
            bundle.namespaces.removeAll { $0 == "pid" }
            try #require(try bundle.run("open", ["--detach"]).status == 0)
            usleep(300_000)
            let open = try seconds { () throws in #expect(try bundle.oci(["delete", "--force", "open"]).status == 0) }
            #expect(open < 3 * patience, "\(open) s")

            try Files.makeDirectory(box.folder + "/tool")
            try Files.replace(box.folder + "/tool/attacker", with: Attacker.program(), mode: 0o755)
            let bombing =
                ["run", "-d", "--name", "bomb", "--pids-limit", "100", "-v", "\(box.folder)/tool:/tool", "bb"]
                + ["/tool/attacker", "bomb"]
            try #require(try box.ck(bombing).status == 0)
            usleep(300_000)
            let removal = try seconds { () throws in #expect(try box.ck(["rm", "-f", "bomb"]).status == 0) }
            #expect(removal < 2 * patience, "\(removal) s")
        }
    }

    @Test func row54AContainerThatEatsMemoryDiesAlone() throws {
        try Sandbox.with { box in
            var bundle = try Bundle(box)
            bundle.moreOfLinux = #","resources":{"memory":{"limit":33554432,"swap":33554432}}"#
            bundle.command = ["attacker", "eat"]
            let result = try bundle.run()
            #expect(result.status == 137, "\(result)")
            #expect(try bundle.oci(["list", "--quiet"]).output.isEmpty)
            try Files.makeDirectory(box.folder + "/tool")
            try Files.replace(box.folder + "/tool/attacker", with: Attacker.program(), mode: 0o755)
            let engine = try box.ck([
                "run", "--rm", "-m", "32m", "-v", "\(box.folder)/tool:/tool", "bb", "/tool/attacker", "eat",
            ])
            #expect(engine.status == 137, "\(engine)")
        }
    }
}
