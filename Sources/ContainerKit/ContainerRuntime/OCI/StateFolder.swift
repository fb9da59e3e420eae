import OCISpec
import ContainerSystem
import Glibc

/// The folder of one container below the runtime's root, and who may work on it.
struct StateFolder {
    let path: String

    var record: String { path + "/state.json" }
    var specification: String { path + "/config.json" }
    /// The socket that a created container waits at for its start; its name is taken away by whoever starts it.
    var startSocket: String { path + "/start" }

    /// - Throws: `invalidArgument` for what is no id: it becomes the name of a folder, and of a control group.
    init(root: String, id: String) throws(ContainerError) {
        let isValid =
            !id.isEmpty && id.utf8.count <= 1024 && id != "." && id != ".."
            && id.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            }
        guard isValid, id.utf8.count <= 255 else {
            throw ContainerError(
                .invalidArgument, "invalid container id \(JSONString.quoted(id))",
                cause: "1 to 255 letters, digits and _ + - . are allowed")
        }
        path = "\(root)/\(id)"
    }

    /// Makes the folder, which takes the id.
    /// - Throws: `conflict` when it is taken.
    func make(root: String, id: String) throws(ContainerError) -> FileLock {
        try Files.makeDirectory(root, mode: 0o711)
        if mkdir(path, 0o711) != 0 {
            if errno == EEXIST { throw ContainerError(.conflict, "container with id \(id) already exists") }
            throw ContainerError(.current, "make folder \(path)")
        }
        return try lock(id)
    }

    /// Keeps others from changing the container's state meanwhile.
    /// - Throws: `notFound` when there is no such container.
    func lock(_ id: String) throws(ContainerError) -> FileLock {
        guard let lock = try FileLock.take(try open(id), .exclusive, name: path) else {
            throw ContainerError(.conflict, "container \(id) is in use")
        }
        return lock
    }

    private func open(_ id: String) throws(ContainerError) -> Descriptor {
        do throws(ContainerError) { return try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) } catch {
            throw error.code == .notFound ? StateFolder.missing(id) : error
        }
    }

    /// The words that engines look for.
    static func missing(_ id: String) -> ContainerError {
        ContainerError(.notFound, "container \(JSONString.quoted(id)) does not exist")
    }

    func remove() throws(ContainerError) { try Files.removeTree(path) }
}
