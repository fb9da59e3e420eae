import Glibc

/// Small whole-file operations on paths of the host that nobody but us writes.
public enum Files {
    /// The bytes of a small file.
    /// - Throws: `ContainerError` with the path and the errno; `corrupted` when it is larger than `limit` bytes.
    public static func read(_ path: String, limit: Int = 4 << 20) throws(ContainerError) -> [UInt8] {
        try Descriptor.open(path, O_RDONLY).readAll(limit: limit, name: path)
    }

    public static func readText(_ path: String, limit: Int = 4 << 20) throws(ContainerError) -> String {
        String(decoding: try read(path, limit: limit), as: UTF8.self)
    }

    /// Writes beside the target and renames, so that a reader sees the old bytes or the new ones.
    public static func replace(_ path: String, with bytes: some Collection<UInt8>, mode: mode_t = 0o644)
        throws(ContainerError)
    {
        let temporary = "\(path).\(getpid()).tmp"
        do {
            let file = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
            try file.writeAll(bytes, name: path)
            try system("rename to \(path)") { rename(temporary, path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Writes into a file that the kernel made (cgroupfs, procfs): one write, no creation.
    public static func set(_ path: String, to value: String) throws(ContainerError) {
        let file = try Descriptor.open(path, O_WRONLY)
        let bytes = Array(value.utf8)
        _ = try system("write \(path)") { write(file.raw, bytes, bytes.count) }
    }

    /// Makes a folder and its parents; one that is there is fine.
    public static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws(ContainerError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw ContainerError(.current, "make folder \(path)")
        }
        try makeDirectory(String(path[..<slash]), mode: mode)
        if mkdir(path, mode) != 0, errno != EEXIST { throw ContainerError(.current, "make folder \(path)") }
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// What a symbolic link says (readlink(2)); nil for anything else.
    public static func linkTarget(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// The names in a folder, without `.` and `..`; empty when the folder is not there.
    public static func list(_ path: String) throws(ContainerError) -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return [] }
            throw ContainerError(.current, "list \(path)")
        }
        defer { closedir(directory) }
        var names = [String]()
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
