import ContainerSystem
import Glibc

/// The file of `--cidfile`, which tells a script the id of the container. It is made before the container, so that a
/// path that cannot be is found out first, and goes when there is none.
final class IdentityFile {
    private let path: String
    private let file: Descriptor
    private var isWritten = false

    /// - Throws: `conflict` when there is one, in docker's words.
    init(_ path: String) throws(ContainerError) {
        self.path = path
        do throws(ContainerError) {
            file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o644)
        } catch {
            guard error.code == .conflict else { throw error.during("create the container ID file") }
            throw ContainerError(
                .conflict, "container ID file found, make sure the other container isn't running or delete \(path)")
        }
    }

    func write(_ id: String) throws(ContainerError) {
        try file.writeAll(id.utf8, name: path)
        isWritten = true
    }

    deinit { if !isWritten { unlink(path) } }
}
