import ContainerSystem

extension JSONReader {
    /// The path of the value that is being read: `process.args[0]`; empty for the document itself.
    var pathText: String {
        var text = ""
        for step in path {
            switch step {
            case .object: break
            case .member(let range):
                let raw = RawString(range: range, hasEscapes: bytes[range].contains(UInt8(ascii: "\\")))
                text = PrintableText.member(string(raw), of: text)
            case .element(let position): text += "[\(max(0, position))]"
            }
        }
        return text
    }

    /// A value that is not what it may be.
    package func wrong(_ what: String) -> ContainerError {
        let path = pathText
        return ContainerError(.invalidArgument, path.isEmpty ? "\(name): \(what)" : "\(name): \(path): \(what)")
    }

    /// A member of the object that was just read, which must be there.
    package func missing(_ member: String) -> ContainerError {
        ContainerError(.invalidArgument, "\(name): \(PrintableText.member(member, of: pathText)): missing")
    }

    /// A member that newer versions of the specification have, and that this one does not carry out.
    func unsupported(_ version: String) -> ContainerError {
        ContainerError(.unsupported, "\(name): \(pathText): not supported (it is new in version \(version))")
    }

    /// What is no JSON at all, by line and column (counted in bytes), and by what it stands in.
    func malformed(_ what: String) -> ContainerError {
        var (line, column) = (1, 1)
        for byte in bytes.prefix(index) {
            column += 1
            if byte == UInt8(ascii: "\n") { (line, column) = (line + 1, 1) }
        }
        let place = path.isEmpty ? "" : ", in \(pathText.isEmpty ? "the document" : pathText)"
        let end = index >= bytes.count ? "the document ends too early" : what
        return ContainerError(.invalidArgument, "\(name): line \(line), column \(column)\(place): \(end)")
    }

    /// A value of another kind than the one that belongs here, or none.
    mutating func mismatch(_ expected: String) -> ContainerError {
        guard let byte = peek() else { return malformed("a value is missing") }
        return switch byte {
        case UInt8(ascii: "{"): wrong("an object where \(expected) belongs")
        case UInt8(ascii: "["): wrong("a list where \(expected) belongs")
        case UInt8(ascii: "\""): wrong("a string where \(expected) belongs")
        case UInt8(ascii: "t"), UInt8(ascii: "f"): wrong("true or false where \(expected) belongs")
        case UInt8(ascii: "n"): wrong("null where \(expected) belongs")
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): wrong("a number where \(expected) belongs")
        default: malformed("a value is missing")
        }
    }
}
