import ContainerSystem
import FoundationEssentials
import Glibc
import OCISpec

/// The JSON documents that flags name.
enum OCIDocument {
    private static let limit = 16 << 20

    static func process(_ path: String) throws(ContainerError) -> RuntimeSpec.Process {
        try decode(RuntimeSpec.Process.self, try Files.read(path, limit: limit), name: path)
    }

    /// - Parameter path: `-` for standard input.
    static func resources(_ path: String) throws(ContainerError) -> RuntimeSpec.Resources {
        let bytes =
            path == "-"
            ? try Descriptor(owning: try system("read standard input") { fcntl(0, F_DUPFD_CLOEXEC, 3) })
                .readAll(limit: limit, name: "standard input")
            : try Files.read(path, limit: limit)
        return try decode(RuntimeSpec.Resources.self, bytes, name: path == "-" ? "standard input" : path)
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8], name: String
    ) throws(ContainerError) -> Value {
        try JSONBounds.check(bytes, name: name)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw ContainerError(.invalidArgument, "\(name): \(place(error))")
        } catch {
            throw ContainerError(.invalidArgument, "\(name) is no JSON document")
        }
    }

    private static func place(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(path(context.codingPath + [key])) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(path(context.codingPath)) has a value of the wrong type"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "\(path(context.codingPath)) has a value that is not possible"
        default: "no JSON document"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce("") { path, key in
            if let index = key.intValue { return "\(path)[\(index)]" }
            return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
        }
    }
}
