/// Text of a document that nobody vouches for, as a word of an error: one line, no control of a terminal, no flood.
package enum PrintableText {
    private static let limit = 80

    /// In quotes, with `\n`, `\"` and `\u{1b}` for what would not show as it is.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        var length = 0
        for scalar in text.unicodeScalars {
            length += 1
            if length > limit { return result + "\"..." }
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where isHidden(scalar.value): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Controls, and marks that have no width or change the direction of what follows.
    private static func isHidden(_ value: UInt32) -> Bool {
        switch value {
        case 0..<0x20, 0x7f..<0xa0, 0xad, 0x61c, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff,
            0xfff9...0xfffb, 0xe0000...0xe007f:
            true
        default: false
        }
    }

    /// A member of a JSON object behind the path of the object: `process.cwd`, `linux.sysctl["net.core.somaxconn"]`.
    package static func member(_ name: String, of path: String) -> String {
        if isPlain(name) { return path.isEmpty ? name : "\(path).\(name)" }
        return "\(path)[\(quoted(name))]"
    }

    private static func isPlain(_ name: String) -> Bool {
        if name.isEmpty || name.utf8.count > limit { return false }
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                continue
            default: return false
            }
        }
        return true
    }
}
