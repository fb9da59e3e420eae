import OCISpec

/// An object of the container's document that is being written: what is nil is left out.
///
/// Written and read by hand: an encoder behind `Codable` takes more time for this document than the kernel takes for the
/// container's namespaces, and each start, each exec and each line of `ps` would pay for it.
struct ContainerDocument {
    private(set) var members: [(String, JSONText)] = []

    var json: JSONText { .object(members) }

    mutating func add(_ name: String, _ value: String?) { put(name, value.map { .string($0) }) }
    mutating func add(_ name: String, _ value: Bool?) { put(name, value.map { .bool($0) }) }
    mutating func add(_ name: String, _ value: Int?) { put(name, value.map { .number(Int64($0)) }) }
    mutating func add(_ name: String, _ value: Int64?) { put(name, value.map { .number($0) }) }
    mutating func add(_ name: String, _ value: UInt64?) { put(name, value.map { .unsigned($0) }) }
    mutating func add(_ name: String, _ value: [String]?) { put(name, value.map { .strings($0) }) }

    mutating func add(_ name: String, _ value: [String: String]?) {
        put(name, value.map { .object($0.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }) })
    }

    mutating func add<Value>(_ name: String, _ value: Value?, _ write: (Value) -> ContainerDocument) {
        put(name, value.map { write($0).json })
    }

    mutating func add<Value>(_ name: String, each values: [Value]?, _ write: (Value) -> ContainerDocument) {
        put(name, values.map { .array($0.map { write($0).json }) })
    }

    private mutating func put(_ name: String, _ value: JSONText?) {
        if let value { members.append((name, value)) }
    }
}
