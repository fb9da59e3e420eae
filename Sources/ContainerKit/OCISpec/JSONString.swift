/// Strings as JSON writes them (RFC 8259, section 7).
public enum JSONString {
    public static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// An object of strings, its members in the order of their names.
    package static func object(_ members: [String: String]) -> String {
        var text = "{"
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            text += "\(text.utf8.count > 1 ? "," : "")\(quoted(name)):\(quoted(value))"
        }
        return text + "}"
    }
}
