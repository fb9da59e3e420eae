/// Values as Go's fmt prints them.
enum GoText {
    /// `%v`
    static func plain(_ value: Value) -> String {
        switch value {
        case .null: "<nil>"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .double(let value): FloatText.plain(value)
        case .string(let text): text
        case .array(let elements): "[" + elements.map(plain).joined(separator: " ") + "]"
        case .nilArray: "[]"
        case .map(let entries):
            "map[" + Value.sorted(entries).map { "\($0.0):\(plain($0.1))" }.joined(separator: " ") + "]"
        case .nilMap: "map[]"
        case .object(let object): "{" + object.data.map { plain($0.value) }.joined(separator: " ") + "}"
        case .function: "func"
        }
    }

    /// fmt.Sprint: a space between two neighbours of which neither is a string.
    static func joined(_ values: [Value]) -> String {
        var text = ""
        var wasString = true
        for (index, value) in values.enumerated() {
            let isString = if case .string = value { true } else { false }
            if index > 0, !wasString, !isString { text += " " }
            text += plain(value)
            wasString = isString
        }
        return text
    }

    /// fmt.Sprintln: a space between all, and a line feed at the end.
    static func line(_ values: [Value]) -> String { values.map(plain).joined(separator: " ") + "\n" }
}

extension Object {
    /// The fields that are no methods.
    var data: [Field] { fields.filter { if case .function = $0.value { false } else { true } } }
}
