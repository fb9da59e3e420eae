import ContainerSystem

/// A look at a JSON document before it is decoded. A decoder takes some hundred bytes of memory for a value of two, and a
/// frame of its stack for each level, so that the size alone bounds neither.
public enum JSONBounds {
    /// Some hundred thousand values are more than any image has.
    static let maximumValues = 200_000
    static let maximumDepth = 64

    /// - Parameter name: what the error calls the document.
    /// - Throws: `corrupted` for one of more values, or of more levels, than an honest one has.
    public static func check(_ bytes: [UInt8], name: String) throws(ContainerError) {
        let (values, depth) = bytes.withUnsafeBufferPointer(measure)
        if values > maximumValues {
            throw ContainerError(.corrupted, "\(name) has more than \(maximumValues) values")
        }
        if depth > maximumDepth { throw ContainerError(.corrupted, "\(name) is nested more than \(maximumDepth) deep") }
    }

    /// Counts what can only be too many: in what is no JSON the decoder finds the fault.
    private static func measure(_ bytes: UnsafeBufferPointer<UInt8>) -> (values: Int, depth: Int) {
        var (values, depth, deepest) = (1, 0, 0)
        var isInString = false
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\") where isInString: index += 1
            case UInt8(ascii: "\""): isInString.toggle()
            case _ where isInString: break
            case UInt8(ascii: ","), UInt8(ascii: ":"): values += 1
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                values += 1
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            index += 1
        }
        return (values, deepest)
    }
}
