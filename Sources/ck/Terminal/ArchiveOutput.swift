import ContainerSystem
import Glibc

/// Where `save` and `export` write: a file, which is there once it is whole, or a pipe.
enum ArchiveOutput {
    /// - Parameters:
    ///   - path: nil is standard output, which must be no terminal.
    ///   - body: gets what to write to, and what errors call it.
    static func write(to path: String?, _ body: (Descriptor, String) throws -> Void) throws {
        guard let path, !path.isEmpty else {
            guard isatty(1) == 0 else {
                throw CommandFailure(
                    "ck: cowardly refusing to save to a terminal. Use the -o flag or redirect", status: 1)
            }
            let standard = Descriptor(owning: try system("use standard output") { fcntl(1, F_DUPFD_CLOEXEC, 3) })
            return try body(standard, "standard output")
        }
        var status = stat()
        // A pipe or a device is written to as it is.
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            guard status.st_mode & S_IFMT != S_IFDIR else {
                throw CommandFailure("ck: invalid output path: \(Quoting.go(path)) is a directory", status: 1)
            }
            return try body(try Descriptor.open(path, O_WRONLY), path)
        }
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard stat(folder, &status) == 0 else {
            throw CommandFailure(
                "ck: invalid output path: directory \(Quoting.go(folder)) does not exist", status: 1)
        }
        // Under another name until it is whole: a file that is there is never half an archive.
        let partial = path + ".partial-\(getpid())"
        let file = try Descriptor.open(partial, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        do {
            try body(file, path)
            try system("write \(path)") { rename(partial, path) }
        } catch {
            unlink(partial)
            throw error
        }
    }
}
