import ContainerSystem
import Glibc
import Testing

/// Links and races on the way to what a container mounts. Rows 4, 5, 6 and 9 of the threats.
@Suite struct OCIThreatMountTests {
    /// Runs the attacker in a container that shares a folder, while `body` has its turn.
    private func racing(
        _ box: Sandbox, _ shared: String, _ first: String, _ second: String, _ body: () throws -> Void
    ) throws {
        var attacker = try Bundle(box, "attacker")
        attacker.mounts = Bundle.standardMounts + [Bundle.bind(shared, "/shared")]
        attacker.command = ["attacker", "swap", "/shared/" + first, "/shared/" + second, "600"]
        let started = try attacker.run("attacker", ["--detach"])
        try #require(started.status == 0, "\(started)")
        try body()
        #expect(try attacker.oci(["kill", "attacker", "KILL"]).status == 0, "the attack ended early")
    }

    private func mountTable(_ box: Sandbox) throws -> String { try box.inside(["cat", "/proc/self/mountinfo"]).output }

    /// The target of a mount lies in a folder that another container exchanges for a link all the time.
    @Test(arguments: ["absolute", "relative"])
    func rows4And6AFolderThatBecomesALinkLeadsNowhere(kind: String) throws {
        try Sandbox.with(image: false) { box in
            var bundle = try Bundle(box)
            let canary = try Canary(box)
            let (shared, source) = (box.folder + "/shared", box.folder + "/source")
            try Files.makeDirectory(shared + "/a")
            try Files.makeDirectory(source)
            try Files.replace(source + "/own", with: Array("own\n".utf8))
            let target =
                kind == "absolute" ? canary.folder : String(repeating: "../", count: 20) + canary.folder.dropFirst()
            try system("link") { symlink(target, shared + "/b") }
            let before = try mountTable(box)
            try racing(box, shared, "a", "b") {
                bundle.command = ["true"]
                var (mounted, refused) = (0, 0)
                try repeatedly(4) { turn in
                    bundle.mounts =
                        Bundle.standardMounts + [
                            Bundle.bind(shared, "/shared"), Bundle.bind(source, "/shared/a/folder\(turn)"),
                            Bundle.bind(source + "/own", "/shared/a/deep/er/file\(turn)", "bind"),
                            Bundle.bind(source + "/own", "/shared/a/file", "bind"),
                        ]
                    let result = try bundle.run("run\(turn)")
                    if result.status == 0 { mounted += 1 } else { refused += 1 }
                }
                // A slow machine has few turns.
                #expect(mounted + refused > 2)
            }
            #expect(canary.isUntouched)
            #expect(try mountTable(box) == before)
        }
    }

    /// The same with a volume of the engine.
    @Test func row4TwoContainersShareAVolume() throws {
        try Sandbox.with { box in
            let canary = try Canary(box)
            let (shared, source) = (box.folder + "/shared", box.folder + "/source")
            try Files.makeDirectory(shared + "/a")
            try Files.makeDirectory(source)
            try system("link") { symlink(canary.folder, shared + "/b") }
            try Files.replace(shared + "/attacker", with: Attacker.program(), mode: 0o755)
            let before = try mountTable(box)
            let started = try box.ck([
                "run", "-d", "--name", "attacker", "-v", shared + ":/shared", "bb", "/shared/attacker", "swap",
                "/shared/a", "/shared/b", "600",
            ])
            try #require(started.status == 0, "\(started)")
            try repeatedly(3) { turn in
                _ = try box.ck([
                    "run", "--rm", "-v", shared + ":/shared", "-v", "\(source):/shared/a/x\(turn)", "bb", "true",
                ])
            }
            #expect(try box.ck(["exec", "attacker", "true"]).status == 0, "the attack ended early")
            #expect(try box.ck(["rm", "-f", "attacker"]).status == 0)
            #expect(canary.isUntouched)
            #expect(try mountTable(box) == before)
        }
    }

    // MARK: - Row 5

    @Test(arguments: [("proc", Bundle.procMount), ("sys", #"{"destination":"/sys","type":"sysfs","source":"sysfs"}"#)])
    func row5TheKernelsFoldersMustBeFolders(name: String, mount: String) throws {
        try Sandbox.with { box in
            var bundle = try Bundle(box)
            let canary = try Canary(box)
            bundle.mounts = [mount]
            bundle.moreOfLinux = #","maskedPaths":["/proc/kcore","/sys/firmware"],"readonlyPaths":["/proc/sys"]"#
            for target in ["/tmp", "tmp", canary.folder, "../../canary", "/proc/self/cwd", "nowhere"] {
                rmdir("\(bundle.rootfs)/\(name)")
                unlink("\(bundle.rootfs)/\(name)")
                try system("link") { symlink(target, "\(bundle.rootfs)/\(name)") }
                let result = try bundle.run()
                #expect(result.status != 0, "\(target): \(result)")
                #expect(result.errors.contains("/\(name)") && result.errors.contains("link"), "\(target): \(result)")
                #expect(try Files.list(bundle.rootfs + "/tmp").isEmpty && canary.isUntouched)
            }
            try Files.makeDirectory(box.folder + "/linked")
            let root = try box.makeRootFolder("linked/root")
            try system("link") { symlink("/tmp", "\(root)/\(name)") }
            try #require(try box.ck(["init", root, "linked"]).status == 0)
            let result = try box.ck(["run", "--rm", "linked", "true"])
            #expect(result.status != 0 && result.errors.contains("/\(name)"), "\(result)")
        }
    }

    @Test func row5NothingIsLaidOverWhatTheKernelSays() throws {
        try Sandbox.with(image: false) { box in
            var bundle = try Bundle(box)
            let file = box.folder + "/lie"
            try Files.replace(file, with: Array("lie\n".utf8))
            for target in ["/proc/self/attr/exec", "/proc/sys/kernel/core_pattern", "/proc/1/status", "/alias/version"]
            {
                unlink(bundle.rootfs + "/alias")
                try system("link") { symlink("proc", bundle.rootfs + "/alias") }
                bundle.mounts = Bundle.standardMounts + [Bundle.bind(file, target, "bind")]
                let result = try bundle.run()
                #expect(result.status != 0 && result.errors.contains("procfs"), "\(target): \(result)")
            }
        }
    }

    // MARK: - Row 9

    /// /proc of the root is exchanged for a link to a look-alike, and lies below a shared folder.
    @Test func row9ASettingIsWrittenToTheKernelOrNotAtAll() throws {
        try Sandbox.with(image: false) { box in
            var bundle = try Bundle(box)
            let place = bundle.rootfs + "/sys/net/ipv4"
            try Files.makeDirectory(place)
            let lie = place + "/ip_unprivileged_port_start"
            try Files.replace(lie, with: Array("lie\n".utf8))
            try system("link") { symlink("/", bundle.rootfs + "/false") }
            let host = try box.inside(["cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"]).output
            bundle.moreOfLinux =
                #","sysctl":{"net.ipv4.ip_unprivileged_port_start":"77"},"readonlyPaths":["/proc/sys"]"#
            bundle.command = ["cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"]
            let clean = try bundle.run()
            #expect(clean.output == "77\n", "\(clean)")
            // The name may change after the start as well: it is read when it is the kernel's.
            bundle.command = [
                "sh", "-c",
                "while v=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start); [ \"$v\" = lie ]; do :; done; echo $v",
            ]
            try racing(box, bundle.rootfs, "proc", "false") {
                var started = 0
                try repeatedly(4) { turn in
                    let result = try bundle.run("run\(turn)")
                    // Who starts has the kernel's /proc with the value set; or has found a link there, and says so.
                    if result.status == 0 { started += 1 }
                    let isTrue = result.output == "77\n" || (result.status != 0 && result.output.isEmpty)
                    #expect(isTrue, "\(result)")
                }
                #expect(started > 0, "the attack kept everybody from starting")
            }
            #expect(try Files.readText(lie) == "lie\n")
            #expect(try box.inside(["cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"]).output == host)
        }
    }

    /// A label cannot be had on a host without labels: it is refused, and not written to a file that looks like one.
    @Test func row9ALabelIsNotWrittenToALookAlike() throws {
        try Sandbox.with(image: false) { box in
            var bundle = try Bundle(box)
            for folder in ["thread-self", "self"] {
                try Files.makeDirectory(bundle.rootfs + "/proc/\(folder)/attr/apparmor")
                try Files.replace(bundle.rootfs + "/proc/\(folder)/attr/apparmor/exec", with: [])
                try Files.replace(bundle.rootfs + "/proc/\(folder)/attr/exec", with: [])
            }
            bundle.mounts = [Bundle.deviceMount]
            for label in [#","apparmorProfile":"nobody-has-this""#, #","selinuxLabel":"a:b:c:s0""#] {
                bundle.moreOfProcess = label
                let result = try bundle.run()
                #expect(result.status != 0, "\(result)")
            }
            for file in ["thread-self/attr/exec", "self/attr/exec", "self/attr/apparmor/exec"] {
                #expect(try Files.read(bundle.rootfs + "/proc/" + file).isEmpty)
            }
        }
    }
}
