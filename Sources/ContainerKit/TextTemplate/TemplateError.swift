/// A template that cannot be read, or that does not fit the value it is applied to.
public struct TemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Whether the template itself is at fault, whatever it is applied to; `docker inspect` then exits with 64.
    public let isSyntaxError: Bool
    /// docker's line: `template parsing error: template: :1:2: executing "" at <.Foo>: can't evaluate field Foo in type
    /// container`, with the line and the byte in it.
    public let description: String

    init(isSyntaxError: Bool, _ message: String) {
        self.isSyntaxError = isSyntaxError
        // A value that is quoted in it may have line feeds, but an error is a line.
        var line = String.UnicodeScalarView("template parsing error: ".unicodeScalars)
        for scalar in message.unicodeScalars {
            switch scalar {
            case "\n": line += "\\n".unicodeScalars
            case "\r": line += "\\r".unicodeScalars
            default: line.append(scalar)
            }
        }
        description = String(line)
    }

    static func syntax(line: Int, _ message: String) -> TemplateError {
        TemplateError(isSyntaxError: true, "template: :\(line): \(message)")
    }
}
