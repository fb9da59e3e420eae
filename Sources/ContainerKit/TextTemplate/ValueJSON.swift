extension Value {
    /// The value as Go's encoding/json writes it: maps by key, objects in their order, control characters and the line
    /// separators of JavaScript escaped. Functions are left out.
    ///
    /// - Parameters:
    ///   - pretty: one member a line, indented by 4 spaces, as `docker inspect` prints; else no white space at all.
    ///   - escapingHTML: also escape `<`, `>` and `&`, as Go does where docker does not forbid it.
    public func json(pretty: Bool = false, escapingHTML: Bool = false) -> String {
        var writer = JSONWriter(isPretty: pretty, escapesHTML: escapingHTML)
        writer.write(self)
        return writer.text
    }
}

private struct JSONWriter {
    let isPretty: Bool
    let escapesHTML: Bool
    var text = ""
    private var depth = 0

    init(isPretty: Bool, escapesHTML: Bool) {
        self.isPretty = isPretty
        self.escapesHTML = escapesHTML
    }

    mutating func write(_ value: Value) {
        switch value {
        case .null, .nilArray, .nilMap, .function: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        // Go refuses these; docker's json function then prints nothing, which is no document.
        case .double(let value): text += value.isFinite ? FloatText.json(value) : "null"
        case .string(let string): writeString(string)
        case .array(let elements):
            write(elements, between: ("[", "]")) { $0.write($1) }
        case .map(let entries):
            writeMembers(Value.sorted(entries))
        case .object(let object) where object.isRow:
            // The row marshals itself with Go's defaults, HTML escapes and all; the encoder around it only compacts.
            var row = JSONWriter(isPretty: isPretty, escapesHTML: true)
            row.depth = depth
            row.writeMembers(Value.sorted(object.fields.map { ($0.key, $0.value) }))
            text += row.text
        case .object(let object):
            writeMembers(object.fields.filter(\.isInJSON).map { ($0.key, $0.value) })
        }
    }

    private mutating func writeMembers(_ members: [(String, Value)]) {
        let data = members.filter { if case .function = $0.1 { false } else { true } }
        write(data, between: ("{", "}")) { writer, member in
            writer.writeString(member.0)
            writer.text += writer.isPretty ? ": " : ":"
            writer.write(member.1)
        }
    }

    private mutating func write<Item>(
        _ items: [Item], between marks: (String, String), each: (inout JSONWriter, Item) -> Void
    ) {
        text += marks.0
        guard !items.isEmpty else { return text += marks.1 }
        depth += 1
        for (index, item) in items.enumerated() {
            if index > 0 { text += "," }
            breakLine()
            each(&self, item)
        }
        depth -= 1
        breakLine()
        text += marks.1
    }

    private mutating func breakLine() {
        if isPretty { text += "\n" + String(repeating: "    ", count: depth) }
    }

    private mutating func writeString(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{08}": text += "\\b"
            case "\u{0C}": text += "\\f"
            case "\u{2028}", "\u{2029}": writeEscape(scalar)
            case "<", ">", "&":
                if escapesHTML { writeEscape(scalar) } else { text.unicodeScalars.append(scalar) }
            default:
                if scalar.value < 0x20 { writeEscape(scalar) } else { text.unicodeScalars.append(scalar) }
            }
        }
        text += "\""
    }

    private mutating func writeEscape(_ scalar: Unicode.Scalar) {
        text += "\\u" + Digits.hexadecimal(UInt64(scalar.value), width: 4)
    }
}

extension Object.Field {
    /// Whether JSON has the field. `omitempty` never leaves out a struct.
    var isInJSON: Bool {
        if case .function = value { return false }
        if !omitsEmpty { return true }
        return if case .object = value { true } else { value.isTrue }
    }
}
