/// Cuts a template into tokens, as Go's text/template/parse does, so that the same texts are refused with the same
/// words.
struct Lexer {
    private let bytes: [UInt8]
    private var position = 0
    private var start = 0
    private var line = 1
    private var parenthesisDepth = 0
    private var tokens: [Token] = []

    /// All tokens of the text; the last one is the end of the text or an error.
    static func tokens(of text: String) -> [Token] {
        var lexer = Lexer(bytes: Array(text.utf8))
        lexer.scanText()
        return lexer.tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    // MARK: Outside of actions

    private mutating func scanText() {
        while true {
            guard let delimiter = find("{{", from: position) else {
                position = bytes.count
                if position > start { emit(.text) }
                return emit(.endOfText)
            }
            var end = delimiter
            if hasLeftTrimMarker(at: delimiter + 2) {
                while end > start, isSpace(bytes[end - 1]) { end -= 1 }
            }
            position = end
            if position > start { emit(.text) }
            skip(to: delimiter)
            guard scanAction() else { return }
        }
    }

    /// False after an error.
    private mutating func scanAction() -> Bool {
        let marker = hasLeftTrimMarker(at: position + 2) ? 2 : 0
        if matches("/*", at: position + 2 + marker) {
            skip(to: position + 2 + marker)
            return scanComment()
        }
        position += 2
        emit(.leftDelimiter)
        skip(to: position + marker)
        parenthesisDepth = 0
        while true {
            if let delimiter = rightDelimiter() {
                guard parenthesisDepth == 0 else { return fail("unclosed left paren") }
                skip(to: delimiter.start)
                position += 2
                emit(.rightDelimiter)
                if delimiter.trims { skipSpace() }
                return true
            }
            guard scanInsideAction() else { return false }
        }
    }

    private mutating func scanComment() -> Bool {
        guard let end = find("*/", from: position + 2) else { return fail("unclosed comment") }
        position = end + 2
        guard let delimiter = rightDelimiter() else { return fail("comment ends before closing delimiter") }
        skip(to: delimiter.start + 2)
        if delimiter.trims { skipSpace() }
        return true
    }

    // MARK: Inside of actions

    private mutating func scanInsideAction() -> Bool {
        guard let scalar = next() else { return fail("unclosed action") }
        switch scalar {
        case " ", "\t", "\r", "\n":
            while position < bytes.count, isSpace(bytes[position]) { position += 1 }
            return emitting(.space)
        case "=": return emitting(.assign)
        case ":":
            guard next() == "=" else { return fail("expected :=") }
            return emitting(.declare)
        case "|": return emitting(.pipe)
        case "\"": return scanQuoted(by: "\"", .string, named: "quoted string")
        case "'": return scanQuoted(by: "'", .characterConstant, named: "character constant")
        case "`": return scanRawString()
        case "$": return scanName(.variable)
        case ".":
            if position < bytes.count, !(0x30...0x39).contains(bytes[position]) { return scanName(.field) }
            position -= 1
            return scanNumber()
        case "+", "-", "0"..."9":
            position -= 1
            return scanNumber()
        case "(":
            parenthesisDepth += 1
            return emitting(.leftParenthesis)
        case ")":
            parenthesisDepth -= 1
            return parenthesisDepth < 0 ? fail("unexpected right paren") : emitting(.rightParenthesis)
        default:
            if scalar.isAlphanumeric { return scanIdentifier() }
            guard scalar.isASCII, scalar.value >= 0x20, scalar.value < 0x7F else {
                return fail("unrecognized character in action: \(Quoted.codePoint(scalar))")
            }
            return emitting(.character)
        }
    }

    private mutating func scanIdentifier() -> Bool {
        skipAlphanumerics()
        guard isAtTerminator else { return failOnCharacter() }
        let word = text
        if let keyword = Token.Keyword(rawValue: word) { return emitting(.keyword(keyword)) }
        return emitting(word == "true" || word == "false" ? .bool : .identifier)
    }

    /// A field or a variable, whose first character has been taken.
    private mutating func scanName(_ kind: Token.Kind) -> Bool {
        if isAtTerminator { return emitting(kind == .variable ? .variable : .dot) }
        skipAlphanumerics()
        return isAtTerminator ? emitting(kind) : failOnCharacter()
    }

    private mutating func scanQuoted(by quote: Unicode.Scalar, _ kind: Token.Kind, named name: String) -> Bool {
        while let scalar = next(), scalar != "\n" {
            if scalar == quote { return emitting(kind) }
            if scalar == "\\" {
                guard let escaped = next(), escaped != "\n" else { break }
            }
        }
        return fail("unterminated \(name)")
    }

    private mutating func scanRawString() -> Bool {
        while let scalar = next() {
            if scalar == "`" { return emitting(.rawString) }
        }
        return fail("unterminated raw quoted string")
    }

    /// Takes what looks like a number; the parser finds out whether it is one. A sign behind it would make it complex,
    /// which is no number here.
    private mutating func scanNumber() -> Bool {
        if takeNumber() {
            guard let sign = peek(), sign == "+" || sign == "-" else { return emitting(.number) }
            _ = takeNumber()
        }
        return fail("bad number syntax: \(Quoted.go(text))")
    }

    private mutating func takeNumber() -> Bool {
        _ = accept("+-")
        var digits = "0123456789_"
        if accept("0") {
            if accept("xX") {
                digits = "0123456789abcdefABCDEF_"
            } else if accept("oO") {
                digits = "01234567_"
            } else if accept("bB") {
                digits = "01_"
            }
        }
        while accept(digits) {}
        if accept(".") { while accept(digits) {} }
        if accept(digits.utf8.count == 11 ? "eE" : digits.utf8.count == 23 ? "pP" : "") {
            _ = accept("+-")
            while accept("0123456789_") {}
        }
        guard peek()?.isAlphanumeric == true else { return true }
        _ = next()
        return false
    }

    // MARK: Reading

    private var text: String { String(decoding: bytes[start..<position], as: UTF8.self) }

    /// The next character as it stands in the text, which is valid UTF-8.
    private func peek() -> Unicode.Scalar? {
        guard position < bytes.count else { return nil }
        return String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self).unicodeScalars.first
    }

    private mutating func next() -> Unicode.Scalar? {
        let scalar = peek()
        position += scalar.map { UTF8.width($0) } ?? 0
        return scalar
    }

    private mutating func accept(_ set: String) -> Bool {
        guard position < bytes.count, set.utf8.contains(bytes[position]) else { return false }
        position += 1
        return true
    }

    private mutating func skipAlphanumerics() {
        while let scalar = peek(), scalar.isAlphanumeric { position += UTF8.width(scalar) }
    }

    private var isAtTerminator: Bool {
        guard position < bytes.count else { return true }
        return isSpace(bytes[position]) || ".,|:)(".utf8.contains(bytes[position]) || matches("}}", at: position)
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }

    private func hasLeftTrimMarker(at index: Int) -> Bool {
        index + 1 < bytes.count && bytes[index] == UInt8(ascii: "-") && isSpace(bytes[index + 1])
    }

    private func rightDelimiter() -> (start: Int, trims: Bool)? {
        if position < bytes.count, isSpace(bytes[position]), matches("-}}", at: position + 1) {
            return (position + 2, true)
        }
        return matches("}}", at: position) ? (position, false) : nil
    }

    private func matches(_ word: String, at index: Int) -> Bool {
        index <= bytes.count && bytes[index...].starts(with: word.utf8)
    }

    private func find(_ word: String, from index: Int) -> Int? {
        guard let first = word.utf8.first else { return nil }
        var index = index
        while let found = bytes[min(index, bytes.count)...].firstIndex(of: first) {
            if matches(word, at: found) { return found }
            index = found + 1
        }
        return nil
    }

    // MARK: Emitting

    private mutating func emit(_ kind: Token.Kind) {
        tokens.append(Token(kind: kind, position: start, text: text, line: line))
        skip(to: position)
    }

    private mutating func emitting(_ kind: Token.Kind) -> Bool {
        emit(kind)
        return true
    }

    private mutating func skip(to end: Int) {
        position = end
        for byte in bytes[start..<position] where byte == 0x0A { line += 1 }
        start = position
    }

    private mutating func skipSpace() {
        while position < bytes.count, isSpace(bytes[position]) { position += 1 }
        skip(to: position)
    }

    private mutating func failOnCharacter() -> Bool {
        guard let scalar = peek() else { return fail("bad character") }
        return fail("bad character \(Quoted.codePoint(scalar))")
    }

    /// Always false.
    private mutating func fail(_ message: String) -> Bool {
        tokens.append(Token(kind: .error, position: start, text: message, line: line))
        return false
    }
}

extension Unicode.Scalar {
    /// Go's letters and digits, and the underscore.
    var isAlphanumeric: Bool {
        if isASCII { return self == "_" || ("0"..."9") ~= self || ("a"..."z") ~= self || ("A"..."Z") ~= self }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber:
            return true
        default: return false
        }
    }
}
