import ContainerNamespaces
import OCISpec

extension OCIState {
    /// The document of runtime.md, "State": what hooks and the agents of system call filters get. The pid is left out of
    /// the text, as ten spaces, for whoever knows it.
    var text: LaunchPlan.ProcessText {
        let head =
            "{\"ociVersion\":\(JSONString.quoted(ociVersion)),\"id\":\(JSONString.quoted(id)),"
            + "\"status\":\"\(status.rawValue)\",\"pid\":"
        return LaunchPlan.ProcessText(head, tail + "}")
    }

    /// The same with the pid.
    var json: String {
        let text = text
        return text.text.replacing(at: text.pidOffset, with: pid)
    }

    private var tail: String {
        var tail = ",\"bundle\":\(JSONString.quoted(bundle))"
        if !annotations.isEmpty { tail += ",\"annotations\":\(JSONString.object(annotations))" }
        return tail
    }
}

extension String {
    /// Puts a number, padded on the left, into the ten bytes that are left for it.
    func replacing(at offset: Int, with pid: Int32) -> String {
        var bytes = Array(utf8)
        let digits = Array(String(pid).utf8)
        bytes.replaceSubrange(
            offset..<offset + 10, with: [UInt8](repeating: 0x20, count: 10 - digits.count) + digits)
        return String(decoding: bytes, as: UTF8.self)
    }
}

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
    static func object(_ members: [String: String]) -> String {
        var text = "{"
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            text += "\(text.utf8.count > 1 ? "," : "")\(quoted(name)):\(quoted(value))"
        }
        return text + "}"
    }
}
