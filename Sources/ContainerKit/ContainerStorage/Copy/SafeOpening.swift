import CKLinux
import ContainerSystem
import Glibc

extension Descriptor {
    /// Opens a regular file in this folder for reading. Nothing else is so much as touched, whoever puts what in its
    /// place and when: to open a device may have effects, and to open a FIFO waits.
    /// - Throws: `conflict` when it is something else by now; nil is answered when it has gone.
    func openRegular(_ name: CPath, path: @autoclosure () -> String) throws(ContainerError) -> (Descriptor, stat)? {
        let handle = openat(raw, name, CK_O_PATH | O_NOFOLLOW | O_CLOEXEC)
        if handle < 0 {
            if errno == ENOENT { return nil }
            throw ContainerError(.current, "open \(path())")
        }
        let held = Descriptor(owning: handle)
        let status = try held.status(path())
        guard status.type == S_IFREG else {
            throw ContainerError(.conflict, "read \(path()): it was replaced while it was read")
        }
        return (try held.reopen(O_RDONLY | O_NONBLOCK | O_NOCTTY, path()), status)
    }

    /// Opens anew what is held by path alone.
    func reopen(_ flags: CInt, _ path: @autoclosure () -> String) throws(ContainerError) -> Descriptor {
        Descriptor(
            owning: try system("open \(path())") { Glibc.open("/proc/self/fd/\(raw)", flags | O_CLOEXEC) })
    }

    func status(_ path: @autoclosure () -> String) throws(ContainerError) -> stat {
        var status = stat()
        try system("stat \(path())") { fstat(raw, &status) }
        return status
    }

    /// Whether it lies in a file system that shows the kernel and holds nobody's files (procfs, sysfs, and the like):
    /// what is written there steers the host.
    func isKernels() -> Bool {
        var system = statfs()
        guard fstatfs(raw, &system) == 0 else { return false }
        return Self.kernelFileSystems.contains(UInt32(truncatingIfNeeded: system.f_type))
    }

    /// linux/magic.h: proc, sysfs, cgroup, cgroup2, devpts, mqueue, debugfs, tracefs, securityfs, selinux, bpf, pstore,
    /// efivarfs, nsfs, binfmt_misc, configfs, hugetlbfs, fusectl.
    private static let kernelFileSystems: [UInt32] = [
        0x9fa0, 0x6265_6572, 0x0027_e0eb, 0x6367_7270, 0x1cd1, 0x1980_0202, 0x6462_6720, 0x7472_6163, 0x7363_6673,
        0xf97c_ff8c, 0xcafe_4a11, 0x6165_676c, 0xde5e_81e4, 0x6e73_6673, 0x4249_4e4d, 0x6265_6570, 0x9584_58f6,
        0x6573_5543,
    ]
}

/// Which file it is, by whatever name.
struct FileIdentity: Hashable {
    let device: dev_t
    let inode: ino_t

    init(_ status: stat) {
        device = status.st_dev
        inode = status.st_ino
    }
}
