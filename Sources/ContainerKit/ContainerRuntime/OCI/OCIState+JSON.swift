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
