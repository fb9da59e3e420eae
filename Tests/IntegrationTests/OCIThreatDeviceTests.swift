import ContainerSystem
import Glibc
import Testing

/// Device nodes that are something else, and devices that are the host's. Rows 7, 8, 10 and 19 of the threats.
@Suite struct OCIThreatDeviceTests {
    private static let pattern = "/proc/sys/kernel/core_pattern"

    // MARK: - Row 7

    @Test func row7ANullDeviceThatIsALinkMasksNothing() throws {
        try Sandbox.with(image: false) { box in
            var bundle = try Bundle(box)
            let canary = try Canary(box)
            let before = try Files.readText(Self.pattern)
            bundle.mounts = [Bundle.procMount]
            bundle.moreOfLinux = #","maskedPaths":["/proc/kcore","/proc/keys"]"#
            bundle.command = [
                "sh", "-c", "echo '|/evil' > /proc/kcore; echo '|/evil' > /proc/keys; echo x > /dev/null; true",
            ]
            for target in [Self.pattern, canary.folder + "/file", "../../canary/file", "zero"] {
                unlink(bundle.rootfs + "/dev/null")
                try system("link") { symlink(target, bundle.rootfs + "/dev/null") }
                let result = try bundle.run()
                #expect(result.status != 0 && result.errors.contains("/dev/null"), "\(target): \(result)")
            }
            for mode in [S_IFREG | 0o666, S_IFIFO | 0o666, S_IFCHR | 0o666] {
                unlink(bundle.rootfs + "/dev/null")
                try system("make a node") { mknod(bundle.rootfs + "/dev/null", mode, 0x105) }
                let result = try bundle.run()
                #expect(result.status != 0 && result.errors.contains("/dev/null"), "\(result)")
            }
            #expect(canary.isUntouched)
            #expect(try Files.readText(Self.pattern) == before)
        }
    }

    /// A mask, and a stream that is the null device, are no way to the host's own node.
    @Test func row7TheHostsNullDeviceStaysAsItIs() throws {
        func node() -> [UInt64] {
            var status = stat()
            stat("/dev/null", &status)
            return [UInt64(status.st_mode), UInt64(status.st_uid), UInt64(status.st_gid)]
        }
        let before = node()
        defer {
            chmod("/dev/null", mode_t(before[0]) & 0o7777)
            chown("/dev/null", uid_t(before[1]), gid_t(before[2]))
        }
        try Sandbox.with { box in
            var bundle = try Bundle(box)
            bundle.moreOfLinux = #","maskedPaths":["/proc/kcore","/proc/keys"]"#
            let change = """
                for f in /proc/kcore /proc/keys /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /dev/null; do
                chmod 646 $f; chown 7:7 $f; done 2>/dev/null; cat /proc/keys; echo x > /proc/keys
                """
            bundle.command = ["sh", "-c", change]
            try bundle.write()
            let program = bundle.arguments([]).joined(separator: " ")
            _ = try box.inside([
                "sh", "-c",
                "cd \(bundle.path); \(program) run one < /dev/null > /dev/null 2>&1; \(program) run -d two < /dev/null > /dev/null 2>&1",
            ])
            #expect(node() == before)
            try bundle.startSleeping("long")
            _ = try box.inside(["sh", "-c", "\(program) exec long sh -c '\(change)' < /dev/null > /dev/null 2>&1"])
            #expect(node() == before)
            _ = try box.ck(["run", "bb", "sh", "-c", change])
            _ = try box.ck(["run", "-d", "--name", "long", "bb", "sh", "-c", change + "; sleep 600"])
            _ = try box.ck(["exec", "long", "sh", "-c", change])
            _ = try box.ck(["exec", "-d", "long", "sh", "-c", change + "; touch /done"])
            for _ in 0..<200 where try box.ck(["exec", "long", "test", "-e", "/done"]).status != 0 { usleep(10_000) }
            #expect(node() == before)
        }
    }

    @Test func row7AContainerWithoutANullDeviceGetsNoStreamOfTheHosts() throws {
        try Sandbox.with(image: false) { box in
            let bundle = try Bundle(box)
            try bundle.startSleeping("long")
            let program = bundle.arguments([]).joined(separator: " ")
            for change in ["rm /dev/null", "ln -s zero /dev/null", "ln -sf /proc/version /dev/null"] {
                let changed = try bundle.oci(["exec", "long", "sh", "-c", change])
                try #require(changed.status == 0, "\(changed)")
                let result = try box.inside(["sh", "-c", "\(program) exec long true < /dev/null"])
                #expect(result.status != 0 && result.errors.contains("null"), "\(result)")
            }
        }
    }

    // MARK: - Row 8

    /// An image's /dev/pts and /dev/console, in a container that mounts nothing over them.
    @Test func row8AConsoleThatIsALinkLeadsNowhere() throws {
        try Sandbox.with(image: false) { box in
            var bundle = try Bundle(box)
            let canary = try Canary(box)
            let before = try Files.readText(Self.pattern)
            bundle.terminal = true
            bundle.command = ["sh", "-c", "echo WRITTEN > /dev/console"]
            func atTerminal() throws -> CommandResult {
                try bundle.write()
                let words = ["python3", Fixture.path("terminal.py"), "24x80", "[]"]
                return try box.inside(words + bundle.arguments(["run", "--bundle", bundle.path, "one"]))
            }
            let device = bundle.rootfs + "/dev"
            // The multiplexer: a link, a file, a FIFO, another device.
            bundle.mounts = [Bundle.procMount]
            try Files.makeDirectory(device + "/pts")
            for make in [
                { symlink(canary.folder + "/file", device + "/pts/ptmx") },
                { symlink("../../../../../../dev/ptmx", device + "/pts/ptmx") },
                { mknod(device + "/pts/ptmx", S_IFREG | 0o666, 0) }, { mkfifo(device + "/pts/ptmx", 0o666) },
                { mknod(device + "/pts/ptmx", S_IFCHR | 0o666, 0x105) },
            ] as [() -> CInt] {
                unlink(device + "/pts/ptmx")
                try system("make a false multiplexer", make)
                let result = try atTerminal()
                #expect(result.status != 0 && !result.output.contains("WRITTEN"), "\(result)")
            }
            // The console: laid over what is there, or refused.
            bundle.mounts = [Bundle.procMount, Bundle.terminalMount]
            for target in [
                canary.folder + "/file", "../../../canary/file", "/proc/sys/kernel/core_pattern", "pts/ptmx",
            ] {
                unlink(device + "/console")
                try system("link") { symlink(target, device + "/console") }
                let result = try atTerminal()
                #expect(result.status != 0 || result.output.contains("WRITTEN"), "\(target): \(result)")
            }
            #expect(canary.isUntouched)
            #expect(try Files.readText(Self.pattern) == before)
            // A true one: what the image has there is laid over.
            unlink(device + "/console")
            try Files.replace(device + "/console", with: [])
            let result = try atTerminal()
            #expect(result.status == 0 && result.output.contains("WRITTEN"), "\(result)")
            #expect(try Files.read(device + "/console").isEmpty)
        }
    }

    @Test func row8ATerminalForOneWhoJoinsIsTheKernels() throws {
        try Sandbox.with(image: false) { box in
            var bundle = try Bundle(box)
            bundle.mounts = [Bundle.procMount, Bundle.deviceMount]
            try bundle.startSleeping("long")
            let make = "mkdir -p /dev/pts; rm -f /dev/pts/ptmx; "
            for change in ["ln -s ../zero /dev/pts/ptmx", "mkfifo /dev/pts/ptmx", "mknod /dev/pts/ptmx c 1 5"] {
                try #require(try bundle.oci(["exec", "long", "sh", "-c", make + change]).status == 0)
                let result = try box.inside(
                    ["python3", Fixture.path("terminal.py"), "24x80", "[]"]
                        + bundle.arguments(["exec", "--tty", "long", "echo", "RAN"]))
                #expect(result.status != 0 && !result.output.contains("RAN\r"), "\(change): \(result)")
            }
        }
    }

    // MARK: - Row 10

    @Test func row10ADeviceFolderThatIsALink() throws {
        try Sandbox.with { box in
            var bundle = try Bundle(box)
            let canary = try Canary(box)
            rmdir(bundle.rootfs + "/dev")
            for target in ["../../canary", canary.folder, "/tmp", "/proc/self/cwd"] {
                unlink(bundle.rootfs + "/dev")
                try system("link") { symlink(target, bundle.rootfs + "/dev") }
                bundle.mounts = Bundle.standardMounts
                let result = try bundle.run()
                #expect(result.status != 0 && result.errors.contains("/dev"), "\(target): \(result)")
                // With nothing mounted on it the nodes are made within the root, wherever the link seems to lead.
                bundle.mounts = [Bundle.procMount]
                _ = try bundle.run()
                #expect(canary.isUntouched)
            }
            let root = try box.makeRootFolder("linked")
            try system("link") { symlink(canary.folder, root + "/dev") }
            try #require(try box.ck(["init", root, "linked"]).status == 0)
            let result = try box.ck(["run", "--rm", "linked", "true"])
            #expect(result.status != 0 && result.errors.contains("/dev"), "\(result)")
            #expect(canary.isUntouched)
        }
    }

    // MARK: - Row 19

    /// With CAP_MKNOD, nodes of every device of the host are made, and none of them opens.
    @Test func row19ANodeOfTheHostsDiskDoesNotOpen() throws {
        try Sandbox.with { box in
            let disks = ((try? Files.list("/sys/dev/block")) ?? []).map { $0.split(separator: ":") }
            // A loop device's number is known even where no disk is, and memory is a device as well.
            let nodes =
                disks.prefix(8).map { "b \($0[0]) \($0[1])" }
                + ["b 7 0", "c 1 1", "c 1 4", "c 1 11", "c 10 237", "c 10 229", "c 4 64"]
            let script =
                nodes.enumerated().map { index, node in
                    "rm -f /tmp/n\(index); mknod /tmp/n\(index) \(node) && (head -c 1 /tmp/n\(index) || : > /tmp/n\(index)) && echo OPENED \(node)"
                }.joined(separator: "; ") + "; head -c 1 /dev/zero | wc -c"
            var bundle = try Bundle(box)
            bundle.command = ["sh", "-c", script]
            bundle.moreOfLinux = #","resources":{"devices":[{"allow":false,"access":"rwm"}]}"#
            let strict = try bundle.run()
            #expect(strict.output == "1\n", "\(strict)")
            bundle.moreOfLinux =
                #","resources":{"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"b","access":"m"},{"allow":true,"type":"c","access":"m"}]}"#
            let run = try bundle.run()
            #expect(run.output == "1\n", "\(run)")
            try bundle.startSleeping("long")
            let exec = try bundle.oci(["exec", "long", "sh", "-c", script.replacing("/tmp/n", with: "/tmp/m")])
            #expect(exec.output == "1\n", "\(exec)")
            let engine = try box.shell(script)
            #expect(engine.output == "1\n", "\(engine)")
            for result in [run, exec, engine] {
                #expect(result.errors.contains("not permitted"), "the nodes were not even made: \(result)")
                #expect(!result.errors.contains("mknod"), "\(result)")
            }
        }
    }
}
