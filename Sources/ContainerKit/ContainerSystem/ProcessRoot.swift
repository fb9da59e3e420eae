import CKLinux
import Glibc

extension ProcessIdentity {
    /// The root that the process sees, in its mount namespace: `/proc/PID/root`, open by path alone. A pid that was given
    /// to another process meanwhile does not count.
    /// - Throws: `conflict` when the process has ended.
    public func root() throws(ContainerError) -> Descriptor {
        let ended = ContainerError(.conflict, "open the root of process \(pid): it has ended")
        let folder = Glibc.open("/proc/\(pid)", CK_O_PATH | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw ended }
        // Held open, the folder stays that of one process, whoever gets its pid.
        let process = Descriptor(owning: folder)
        let raw = openat(process.raw, "root", CK_O_PATH | O_DIRECTORY | O_CLOEXEC)
        if raw < 0 {
            if errno == ENOENT || errno == ESRCH { throw ended }
            throw ContainerError(.current, "open the root of process \(pid)")
        }
        let root = Descriptor(owning: raw)
        guard startTime(in: process) == startTime else { throw ended }
        return root
    }

    /// Field 22 of proc_pid_stat(5); the command's name stands in parentheses and may hold anything.
    private func startTime(in process: Descriptor) -> UInt64? {
        let raw = openat(process.raw, "stat", O_RDONLY | O_CLOEXEC)
        guard raw >= 0, let bytes = try? Descriptor(owning: raw).readAll(limit: 4096, name: "stat"),
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        return fields.count > 19 ? UInt64(String(decoding: fields[19], as: UTF8.self)) : nil
    }
}
