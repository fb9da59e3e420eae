/// One line of comma-separated values (RFC 4180), as the long forms of docker's flags are written: `type=bind,"src=/a,b"`.
enum CommaFields {
    static func parse(_ text: String, flag: String) throws(FlagError) -> [String] {
        guard !text.isEmpty else { throw FlagError(flag, text, "EOF") }
        var fields = [String]()
        var rest = text[...]
        while true {
            if rest.first == "\"" {
                fields.append(try quoted(&rest, text, flag))
            } else {
                let field = rest.prefix { $0 != "," }
                if let quote = field.firstIndex(of: "\"") {
                    let column = text.distance(from: text.startIndex, to: quote) + 1
                    throw FlagError(flag, text, "parse error on line 1, column \(column): bare \" in non-quoted-field")
                }
                fields.append(String(field))
                rest = rest.dropFirst(field.count)
            }
            guard rest.popFirst() != nil else { return fields }
        }
    }

    /// The fields of a flag that may be given several times.
    static func list(_ values: [String], flag: String) throws(FlagError) -> [String] {
        var fields: [String] = []
        for value in values { fields += try parse(value, flag: flag) }
        return fields
    }

    /// Up to the comma or the end behind it; two quotes are one.
    private static func quoted(_ rest: inout Substring, _ text: String, _ flag: String) throws(FlagError) -> String {
        rest.removeFirst()
        var field = ""
        while let character = rest.popFirst() {
            if character != "\"" {
                field.append(character)
            } else if rest.first == "\"" {
                rest.removeFirst()
                field.append(character)
            } else if rest.isEmpty || rest.first == "," {
                return field
            } else {
                break
            }
        }
        let column = text.distance(from: text.startIndex, to: rest.startIndex)
        throw FlagError(
            flag, text, "parse error on line 1, column \(column + 1): extraneous or missing \" in quoted-field")
    }
}
