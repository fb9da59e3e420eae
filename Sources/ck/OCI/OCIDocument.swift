import ContainerSystem
import Glibc
import OCISpec

/// The JSON documents that flags name.
enum OCIDocument {
    private static let limit = 16 << 20

    static func process(_ path: String) throws(ContainerError) -> RuntimeSpec.Process {
        let process = try RuntimeSpec.Process(json: try Files.read(path, limit: limit), name: path)
        try process.validate(name: path)
        return process
    }

    /// - Parameter path: `-` for standard input.
    static func resources(_ path: String) throws(ContainerError) -> RuntimeSpec.Resources {
        let name = path == "-" ? "standard input" : path
        // Opening /dev/stdin would fail for a socket.
        let bytes =
            path == "-"
            ? try Descriptor(owning: try system("read \(name)") { fcntl(0, F_DUPFD_CLOEXEC, 3) })
                .readAll(limit: limit, name: name)
            : try Files.read(path, limit: limit)
        let resources = try RuntimeSpec.Resources(json: bytes, name: name)
        try resources.validate(name: name)
        return resources
    }
}
