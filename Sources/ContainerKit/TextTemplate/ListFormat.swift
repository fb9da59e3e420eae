/// The `--format` of docker's lists: a table, JSON, or a template for each row.
///
/// `table {{.ID}}\t{{.Names}}` makes a table with a header; nothing or `table` alone is the default table; `json` is
/// `{{json .}}`; anything else is a template that makes one line of each row. The two characters `\t` and `\n` stand
/// for a tab and a line feed.
public struct ListFormat: Sendable {
    /// Whether there is a header, and the columns are aligned.
    public let isTable: Bool
    private let template: Template
    private let headers: [String: String]

    /// - Parameters:
    ///   - format: what the user asked for.
    ///   - table: the table where the user asked for none of his own, such as `table {{.ID}}\t{{.Names}}`.
    ///   - headers: what stands above the columns, by field: `ID` has `CONTAINER ID`.
    /// - Throws: `TemplateError`, also for `raw`, which is not supported.
    public init(_ format: String, table: String, headers: [String: String]) throws(TemplateError) {
        let chosen = format.isEmpty || format == "table" ? table : format
        if chosen == "raw" {
            throw TemplateError(isSyntaxError: true, "format \"raw\" is not supported: use json, table or a template")
        }
        isTable = chosen.utf8.starts(with: "table".utf8)
        let body = chosen == "json" ? "{{json .}}" : isTable ? String(chosen.unicodeScalars.dropFirst(5)) : chosen
        template = try Template(Self.unescaped(Self.trimmed(body)))
        self.headers = headers
    }

    /// Whether the template asks for the field by its name; see ``Template/names(_:)``.
    public func names(_ field: String) -> Bool { template.names(field) }

    /// The lines of all rows, each with a line feed at its end; a table's header is the first.
    ///
    /// - Throws: `TemplateError` where the template does not fit a row; there is no output then, as from docker.
    public func text(of rows: [Object]) throws(TemplateError) -> String {
        var lines = ""
        for var row in rows {
            row.isRow = true
            lines += try template.text(of: .object(row)) + "\n"
        }
        return isTable ? TabWriter.aligned(header + "\n" + lines) : lines
    }

    private var header: String {
        let fields = headers.map { ($0.key, Value.string($0.value)) }
        // docker calls the column of a label by the last word of its name.
        let label = Value.function(arguments: 1) { arguments in
            let word = Words.split(arguments[0], by: ".").last ?? ""
            let bytes = word.utf8.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") ? 0x20 : $0 }
            return .string(String(decoding: bytes, as: UTF8.self))
        }
        return template.header(of: .map(fields + [("Label", label)]))
    }

    private static func trimmed(_ text: String) -> String {
        var scalars = Substring(text).unicodeScalars
        while scalars.first == " " { scalars.removeFirst() }
        while scalars.last == " " { scalars.removeLast() }
        return String(scalars)
    }

    private static func unescaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if result.last == "\\", scalar == "t" || scalar == "n" {
                result.removeLast()
                result.append(scalar == "t" ? "\t" : "\n")
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}
