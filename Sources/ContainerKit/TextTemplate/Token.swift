/// A token of a template, at a byte of its text and on a line.
struct Token {
    enum Kind: Equatable {
        /// What the lexer has to complain about; the token's text is the message.
        case error
        case endOfText
        case text
        case leftDelimiter
        case rightDelimiter
        case space
        case leftParenthesis
        case rightParenthesis
        case pipe
        /// `:=`
        case declare
        /// `=`
        case assign
        /// An ASCII character that means something only to the parser: the comma.
        case character
        case bool
        case characterConstant
        case number
        case field
        case identifier
        case rawString
        case string
        /// With its dollar.
        case variable
        case dot
        case keyword(Keyword)
    }

    enum Keyword: String {
        case block, `break`, `continue`, define, `else`, end, `if`, `nil`, range, template, with
    }

    let kind: Kind
    let position: Int
    let text: String
    let line: Int
}

extension Token: CustomStringConvertible {
    /// As errors quote it.
    var description: String {
        switch kind {
        case .endOfText: return "EOF"
        case .error: return text
        case .keyword, .dot: return "<\(text)>"
        default:
            let scalars = text.unicodeScalars
            guard text.utf8.count > 10 else { return Quoted.go(text) }
            return Quoted.go(String(String.UnicodeScalarView(scalars.prefix(10)))) + "..."
        }
    }
}
