import ContainerSystem
import Glibc
import Testing

@testable import ContainerNamespaces

/// Plans carried out by the real shim, on a root made of busybox.
@Suite(.serialized) struct LaunchTests {
    @Test func aProgramRunsInItsOwnNamespaces() throws {
        try BusyboxRoot.with { (root: BusyboxRoot) throws in
            let (status, output) = try root.run(["sh", "-c", "echo pid=$$ host=$(hostname); ls /"]) {
                $0.append(.child, .hostname("box"))
            }
            #expect(status == 0)
            #expect(output.contains("pid=1 host=box"))
            #expect(!output.contains("boot"), "the host's root must not show")
        }
    }

    @Test func theStatusOfASignalIsThatOfAShell() throws {
        try BusyboxRoot.with { (root: BusyboxRoot) throws in
            #expect(try root.run(["sh", "-c", "exit 3"]).status == 3)
            #expect(
                try root.run(["sh", "-c", "kill -9 $$; sleep 0"]).status == 0, "pid 1 is immune to its own SIGKILL")
        }
    }

    @Test func aMissingProgramIsNotFound() throws {
        try BusyboxRoot.with { (root: BusyboxRoot) throws in
            let error = #expect(throws: ContainerError.self) { try root.run(["nosuch"]) }
            #expect(error?.code == .commandNotFound)
            #expect(error?.description.contains("nosuch") == true)
            let folder = #expect(throws: ContainerError.self) { try root.run(["/bin"]) }
            #expect(folder?.code == .commandNotExecutable)
        }
    }

    @Test func aFailingStepIsNamed() throws {
        try BusyboxRoot.with { (root: BusyboxRoot) throws in
            let error = #expect(throws: ContainerError.self) {
                try root.run(["true"]) {
                    $0.append(.child, .bind(.init(source: "/no/such/source", target: "/mnt")))
                }
            }
            #expect(error?.description.contains("bind /no/such/source on /mnt") == true)
            #expect(error?.description.contains("ENOENT") == true)
        }
    }

    @Test func linksInTheImageLeadNowhere() throws {
        try BusyboxRoot.with { (root: BusyboxRoot) throws in
            symlink("/etc", root.path + "/escape")
            let (status, output) = try root.run(["sh", "-c", "cat /etc/secret/x; ls /escape/"]) {
                $0.append(.child, .bind(.init(source: root.path + "/bin", target: "/escape/secret")))
            }
            #expect(output.contains("busybox") || output.contains("secret"), "\(status) \(output)")
            #expect(access("/etc/secret", F_OK) != 0, "made in the image's /etc, not in the host's")
            symlink("/tmp", root.path + "/proc2")
            let error = #expect(throws: ContainerError.self) {
                try root.run(["true"]) {
                    $0.append(
                        .child, .mount(.init(type: "proc", source: "proc", target: "/proc2", ordinaryTarget: true)))
                }
            }
            #expect(error?.description.contains("symbolic link") == true)
        }
    }

    /// A container's namespaces are those of its first process; its number may have gone to another process since.
    @Test func aNumberThatIsAnothersIsNobodysNamespace() throws {
        try BusyboxRoot.with { (root: BusyboxRoot) throws in
            let own = ProcessIdentity.current
            let folder = root.path + "/tmp"
            func join(_ pids: String) throws -> Int32 {
                try Files.replace(folder + "/pids", with: pids.utf8)
                return try root.run(["true"]) { $0.append(.supervisor, .joinContainer(.network, runFolder: folder)) }
                    .status
            }
            #expect(try join("7 7 \(own.pid) \(own.startTime) 1\n") == 0)
            #expect(Files.exists(folder + "/network-is-shared"))
            for pids in [
                "7 7 \(own.pid) \(own.startTime + 1) 1\n", "7 7 \(own.pid) \(own.startTime) 0\n", "7 7\n", "",
            ] {
                let error = #expect(throws: ContainerError.self) { try join(pids) }
                #expect(error?.code == .conflict && error?.description.contains("it does not run") == true, "\(pids)")
            }
        }
    }

    @Test func masksAndReadOnlyPathsHold() throws {
        try BusyboxRoot.with { (root: BusyboxRoot) throws in
            let script = "wc -c < /proc/keys; ls /proc/tty | wc -l; echo 1 > /proc/sys/kernel/panic && echo WRITTEN"
            let (_, output) = try root.run(["sh", "-c", script]) {
                $0.append(.child, .mask(path: "/proc/keys"), .mask(path: "/proc/tty"), .mask(path: "/proc/none"))
                $0.append(.child, .makeReadOnly(path: "/proc/sys"))
            }
            #expect(output.contains("0\n0\n"))
            #expect(!output.contains("WRITTEN"))
        }
    }

    @Test func noDescriptorLeaksIn() throws {
        // Inherited on purpose, without close-on-exec.
        let leak = open("/etc/hostname", O_RDONLY)
        defer { close(leak) }
        try BusyboxRoot.with { (root: BusyboxRoot) throws in
            let (_, output) = try root.run(["sh", "-c", "ls /proc/self/fd | tr '\\n' ' '"])
            // 3 is the folder that ls itself has open.
            #expect(output == "0 1 2 3 ")
        }
    }

    @Test func theShimCannotBeWrittenFromInside() throws {
        try BusyboxRoot.with { (root: BusyboxRoot) throws in
            // The program is whatever executes it: the kernel runs the shim itself inside the container.
            let script = root.path + "/bin/evil"
            try Files.replace(script, with: Array("#!/proc/self/exe\n".utf8), mode: 0o755)
            let before = try Files.read(ShimLocation.find())
            _ = try? root.run(["/bin/evil"])
            let (_, output) = try root.run(["sh", "-c", "for p in /proc/[0-9]*; do : > $p/exe && echo WROTE; done"])
            #expect(!output.contains("WROTE"))
            #expect(try Files.read(ShimLocation.find()) == before)
        }
    }

    @Test func noZombieAndNoMountIsLeft() throws {
        let mounts = try Files.readText("/proc/self/mountinfo")
        try BusyboxRoot.with { (root: BusyboxRoot) throws in
            for _ in 0..<20 { #expect(try root.run(["true"]).status == 0) }
        }
        #expect(try Files.readText("/proc/self/mountinfo") == mounts)
        #expect(waitpid(-1, nil, WNOHANG | CInt(bitPattern: 0x4000_0000)) <= 0)
    }

    @Test func theTerminalIsTheContainersOwn() throws {
        try BusyboxRoot.with { (root: BusyboxRoot) throws in
            let (status, output) = try root.run(["sh", "-c", "tty; stty size; test -c /dev/console"], terminal: true)
            #expect(status == 0)
            #expect(output.contains("/dev/pts/0"))
            #expect(output.contains("24 80"))
        }
    }
}
