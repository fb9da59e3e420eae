import ContainerSystem

extension JSONReader {
    /// A list whose elements are each read by `read`, which answers nil for null: that is no element.
    /// - Parameter kind: what an element is, for the error.
    package mutating func list<Element>(
        of kind: String, _ read: (inout JSONReader) throws(ContainerError) -> Element?
    ) throws(ContainerError) -> [Element]? {
        guard try beginArray() else { return nil }
        var result: [Element] = []
        while try nextElement() {
            guard let element = try read(&self) else { throw wrong("null where \(kind) belongs") }
            result.append(element)
        }
        return result
    }

    package mutating func strings() throws(ContainerError) -> [String]? {
        guard try beginArray() else { return nil }
        var result: [String] = []
        while try nextElement() {
            guard let element = try string() else { throw wrong("null where a string belongs") }
            result.append(element)
        }
        return result
    }

    mutating func numbers() throws(ContainerError) -> [UInt32]? {
        try list(of: "a number") { json throws(ContainerError) in try json.uint32() }
    }

    /// An object of any names. Members that are null are left out.
    package mutating func dictionary<Value>(
        _ read: (inout JSONReader) throws(ContainerError) -> Value?
    ) throws(ContainerError) -> [String: Value]? {
        guard try beginObject() else { return nil }
        var result: [String: Value] = [:]
        while let key = try nextKey() { result[key.string] = try read(&self) }
        return result
    }

    /// Whether the value has anything in it, which is then behind: null, `{}`, `[]`, `""` and false have nothing.
    package mutating func isFilled() throws(ContainerError) -> Bool {
        switch peek() {
        case UInt8(ascii: "{"):
            _ = try beginObject()
            var isFilled = false
            while try nextKey() != nil {
                isFilled = true
                try skip()
            }
            return isFilled
        case UInt8(ascii: "["):
            _ = try beginArray()
            var isFilled = false
            while try nextElement() {
                isFilled = true
                try skip()
            }
            return isFilled
        case UInt8(ascii: "\""): return try filledString() != nil
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return try bool() ?? false
        default:
            if try null() { return false }
            try skip()
            return true
        }
    }
}
