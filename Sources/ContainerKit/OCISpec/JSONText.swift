/// A JSON document whose members stay in the order in which they were written down.
package indirect enum JSONText: Sendable, Equatable {
    case bool(Bool)
    case number(Int64)
    case unsigned(UInt64)
    case string(String)
    case array([JSONText])
    case object([(String, JSONText)])

    package static func strings(_ values: some Sequence<String>) -> JSONText { .array(values.map { .string($0) }) }

    /// In one line, without spaces.
    package var compact: String { text(indent: nil) }

    /// - Parameter indent: what a level is indented by; nil puts everything in one line.
    package func text(indent: String?) -> String {
        var text = ""
        write(to: &text, indent: indent, lineStart: "\n")
        return text
    }

    private func write(to text: inout String, indent: String?, lineStart: String) {
        switch self {
        case .bool(let value): text += value ? "true" : "false"
        case .number(let value): text += String(value)
        case .unsigned(let value): text += String(value)
        case .string(let value): text += JSONString.quoted(value)
        case .array(let values):
            Self.write(values, between: ("[", "]"), to: &text, indent: indent, lineStart) { value, text, inner in
                value.write(to: &text, indent: indent, lineStart: inner)
            }
        case .object(let members):
            Self.write(members, between: ("{", "}"), to: &text, indent: indent, lineStart) { member, text, inner in
                text += JSONString.quoted(member.0)
                text += indent == nil ? ":" : ": "
                member.1.write(to: &text, indent: indent, lineStart: inner)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], between ends: (String, String), to text: inout String, indent: String?,
        _ lineStart: String, _ body: (Element, inout String, String) -> Void
    ) {
        text += ends.0
        let inner = lineStart + (indent ?? "")
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if indent != nil { text += inner }
            body(element, &text, inner)
        }
        if indent != nil, !elements.isEmpty { text += lineStart }
        text += ends.1
    }

    package static func == (one: JSONText, other: JSONText) -> Bool { one.compact == other.compact }
}
