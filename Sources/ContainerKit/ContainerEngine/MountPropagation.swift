import ContainerSystem
import Glibc

/// Whether the mount that a folder of the host is in can pass mounts on (mount_namespaces(7)).
enum MountPropagation {
    /// - Throws: `invalidArgument` in docker's words for a volume that is to pass mounts on, and cannot.
    static func check(_ volume: VolumeBind) throws(ContainerError) {
        guard let mode = volume.details?.propagation, mode != "private", mode != "rprivate" else { return }
        guard let real = realpath(volume.source, nil) else {
            throw ContainerError(.current, "look up \(volume.source)")
        }
        defer { free(real) }
        let mount = try self.mount(of: String(cString: real))
        let isShared = mount.fields.contains { $0.hasPrefix("shared:") }
        if mode == "shared" || mode == "rshared", !isShared {
            throw ContainerError(
                .invalidArgument, "path \(volume.source) is mounted on \(mount.point) but it is not a shared mount")
        }
        if mode == "slave" || mode == "rslave", !isShared, !mount.fields.contains(where: { $0.hasPrefix("master:") }) {
            throw ContainerError(
                .invalidArgument,
                "path \(volume.source) is mounted on \(mount.point) but it is not a shared or slave mount")
        }
    }

    /// The mount that a path is in: the one with the longest way to it, of several the last (proc_pid_mountinfo(5)).
    private static func mount(of path: String) throws(ContainerError) -> (point: String, fields: [Substring]) {
        var found: (point: String, fields: [Substring]) = ("/", [])
        for line in try Files.readText("/proc/self/mountinfo", limit: 16 << 20).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 6 else { continue }
            let point = String(words[4]).replacing("\\040", with: " ").replacing("\\011", with: "\t")
                .replacing("\\134", with: "\\")
            let isAbove = point == "/" || path == point || path.hasPrefix(point + "/")
            guard isAbove, point.utf8.count >= found.point.utf8.count else { continue }
            found = (point, Array(words[6...].prefix { $0 != "-" }))
        }
        return found
    }
}
