import ContainerSystem

/// Reads a JSON text (RFC 8259) from front to back, straight into the types it is for.
///
/// Each value is asked for by kind, and an error names the value by its path: a decoder behind `Codable` knows neither the
/// path of an unknown word nor the place of a fault, and takes milliseconds for what this reads in a tenth of one, which
/// every start of a container would pay. Strict where Go's reader is lenient: bytes that are not UTF-8, half a surrogate
/// pair and text after the document are refused. As there, of members with the same name the last counts, and null is as
/// good as absent.
package struct JSONReader {
    /// No document that a person or an engine writes comes near.
    static let maximumSize = 16 << 20
    static let maximumDepth = 64

    /// One step from the document to the value that is being read.
    enum Step {
        /// An object of which no name was read yet.
        case object
        /// The bytes of the name between its quotes.
        case member(Range<Int>)
        case element(Int)
    }

    /// What errors call the document.
    let name: String
    let bytes: UnsafeBufferPointer<UInt8>
    var index = 0
    var path: [Step] = []
    /// Whether nothing was read yet of the object or list that was entered last.
    private var isFresh = false

    private init(_ bytes: UnsafeBufferPointer<UInt8>, name: String) {
        self.bytes = bytes
        self.name = name
        path.reserveCapacity(16)
    }

    /// Reads a whole document.
    /// - Parameter read: is given a reader that stands before the document's value, and must take all of it.
    /// - Throws: `invalidArgument` that names the document, and the value by its path or the place by line and column.
    package static func read<Value>(
        _ bytes: [UInt8], name: String, _ read: (inout JSONReader) throws(ContainerError) -> Value
    ) throws(ContainerError) -> Value {
        if bytes.count > maximumSize {
            throw ContainerError(
                .invalidArgument, "\(name): \(bytes.count) bytes, which is more than \(maximumSize >> 20) MiB")
        }
        return try bytes.withUnsafeBufferPointer { buffer throws(ContainerError) in
            var reader = JSONReader(buffer, name: name)
            let value = try read(&reader)
            if reader.peek() != nil { throw reader.malformed("text after the end of the document") }
            return value
        }
    }

    // MARK: Structure

    /// The first byte of what comes next; nil at the end.
    mutating func peek() -> UInt8? {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0a, 0x0d, 0x09: index += 1
            case let byte: return byte
            }
        }
        return nil
    }

    /// Enters an object; false for null. `nextKey` must then be called until it answers nil.
    package mutating func beginObject() throws(ContainerError) -> Bool {
        guard try begin(UInt8(ascii: "{"), "an object") else { return false }
        path.append(.object)
        return true
    }

    /// Enters a list; false for null. `nextElement` must then be called until it answers false.
    mutating func beginArray() throws(ContainerError) -> Bool {
        guard try begin(UInt8(ascii: "["), "a list") else { return false }
        path.append(.element(-1))
        return true
    }

    private mutating func begin(_ bracket: UInt8, _ expected: String) throws(ContainerError) -> Bool {
        guard peek() == bracket else {
            if try null() { return false }
            throw mismatch(expected)
        }
        if path.count == JSONReader.maximumDepth {
            throw malformed("a document nested more than \(JSONReader.maximumDepth) deep")
        }
        index += 1
        isFresh = true
        return true
    }

    /// The name of the next member, whose value is then to be read or skipped.
    package mutating func nextKey() throws(ContainerError) -> JSONKey? {
        guard try advance(UInt8(ascii: "}"), "'}'") else { return nil }
        guard peek() == UInt8(ascii: "\"") else { throw malformed("the name of a member is missing") }
        let text = try scanString()
        path[path.count - 1] = .member(text.range)
        guard peek() == UInt8(ascii: ":") else { throw malformed("a ':' is missing") }
        index += 1
        return JSONKey(
            bytes: UnsafeBufferPointer(rebasing: bytes[text.range]), unescaped: text.hasEscapes ? string(text) : nil)
    }

    /// Whether there is one more element, which is then to be read or skipped.
    mutating func nextElement() throws(ContainerError) -> Bool {
        guard try advance(UInt8(ascii: "]"), "']'") else { return false }
        if case .element(let position) = path[path.count - 1] { path[path.count - 1] = .element(position + 1) }
        return true
    }

    /// Past the comma before the next value, or past the end of the object or list, which is false.
    private mutating func advance(_ end: UInt8, _ bracket: String) throws(ContainerError) -> Bool {
        let next = peek()
        if next == end {
            index += 1
            isFresh = false
            path.removeLast()
            return false
        }
        if isFresh {
            isFresh = false
            return true
        }
        guard next == UInt8(ascii: ",") else { throw malformed("a ',' or a \(bracket) is missing") }
        index += 1
        return true
    }

    /// Past a value of any kind, which is checked for its form only.
    package mutating func skip() throws(ContainerError) {
        switch peek() {
        case UInt8(ascii: "{"):
            _ = try beginObject()
            while try nextKey() != nil { try skip() }
        case UInt8(ascii: "["):
            _ = try beginArray()
            while try nextElement() { try skip() }
        case UInt8(ascii: "\""): _ = try scanString()
        case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try bool()
        case UInt8(ascii: "n"): _ = try null()
        default: _ = try scanNumber("a value")
        }
    }

    // MARK: Words

    /// Whether the next value is null, which is then behind.
    mutating func null() throws(ContainerError) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try word("null")
        return true
    }

    package mutating func bool() throws(ContainerError) -> Bool? {
        switch peek() {
        case UInt8(ascii: "t"):
            try word("true")
            return true
        case UInt8(ascii: "f"):
            try word("false")
            return false
        default:
            if try null() { return nil }
            throw mismatch("true or false")
        }
    }

    private mutating func word(_ word: StaticString) throws(ContainerError) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard index + offset < bytes.count, bytes[index + offset] == word.utf8Start[offset] else {
                throw malformed("a value is missing")
            }
        }
        index += word.utf8CodeUnitCount
    }
}

/// The name of a member, compared as bytes.
package struct JSONKey {
    fileprivate let bytes: UnsafeBufferPointer<UInt8>
    /// Set when the name is written with escapes.
    fileprivate let unescaped: String?

    var string: String { unescaped ?? String(decoding: bytes, as: UTF8.self) }

    package static func ~= (name: StaticString, key: JSONKey) -> Bool {
        if let text = key.unescaped { return text == name.description }
        guard key.bytes.count == name.utf8CodeUnitCount else { return false }
        for index in 0..<key.bytes.count where key.bytes[index] != name.utf8Start[index] { return false }
        return true
    }
}
