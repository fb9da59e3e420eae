import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerCgroups

/// Tests with the real kernel: cgroups named after the test and this process, and processes in them.
protocol KernelCgroups {}

extension KernelCgroups {
    func withCgroup(
        _ name: String, _ resources: RuntimeSpec.Resources = .init(), _ body: (Cgroup) throws -> Void
    ) throws {
        let host = try CgroupHost.detect()
        let cgroup = try Cgroup.create(path: "/containerkit-test-\(name)-\(getpid())", resources: resources, host: host)
        defer {
            try? cgroup.kill()
            try? cgroup.delete()
            #expect(!cgroup.exists)
        }
        try body(cgroup)
    }

    /// Starts a shell that first enters the cgroup. As in a container, the shell is one thread.
    func shell(_ cgroup: Cgroup, _ script: String) throws -> pid_t {
        let paths = cgroup.processPaths.map { "echo 0 > \($0) || exit 99;" }.joined()
        var child = pid_t()
        let arguments: [UnsafeMutablePointer<CChar>?] =
            (["sh", "-c", paths + script] as [String]).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        #expect(posix_spawn(&child, "/bin/sh", nil, nil, arguments, environ) == 0)
        return child
    }

    func status(_ child: pid_t) -> CInt {
        var status: CInt = 0
        waitpid(child, &status, 0)
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }

    func waitUntil(_ condition: () throws -> Bool) throws -> Bool {
        // A machine without KVM takes ten times as long.
        for _ in 0..<6000 {
            if try condition() { return true }
            usleep(5000)
        }
        return false
    }

    /// The content of a file of one of its controllers, without white space at the ends; nil when it is not there.
    func read(_ cgroup: Cgroup, _ controller: String, _ file: String) -> String? {
        guard let folder = cgroup.location(of: controller)?.folder,
            let text = try? KernelCgroupFileSystem().read("\(folder)/\(file)", limit: 1 << 20)
        else { return nil }
        return text.split(separator: "\n").joined(separator: "\n")
    }
}
