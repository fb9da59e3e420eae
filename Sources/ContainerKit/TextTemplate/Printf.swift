/// fmt.Sprintf, with its way of putting mistakes into the text.
struct Printf {
    private let format: [Unicode.Scalar]
    private let arguments: [Value]
    private var position = 0
    private var argument = 0
    private var isReordered = false
    private var hasBadIndex = false
    private var text = ""

    static func text(_ format: String, _ arguments: [Value]) -> String {
        var printf = Printf(format: Array(format.unicodeScalars), arguments: arguments)
        printf.run()
        return printf.text
    }

    private init(format: [Unicode.Scalar], arguments: [Value]) {
        self.format = format
        self.arguments = arguments
    }

    private mutating func run() {
        while let scalar = next() {
            if scalar == "%" { directive() } else { text.unicodeScalars.append(scalar) }
        }
        guard !isReordered, argument < arguments.count else { return }
        let extra = arguments[argument...].map { value in
            if case .null = value { "<nil>" } else { "\(value.typeName)=\(GoText.plain(value))" }
        }
        text += "%!(EXTRA \(extra.joined(separator: ", ")))"
    }

    private mutating func directive() {
        hasBadIndex = false
        var style = PrintStyle()
        while let flag = peek(), style.take(flag: flag) { position += 1 }
        var isIndexed = index()
        if accept("*") {
            isIndexed = false
            if let width = star() {
                style.width = abs(width)
                if width < 0 { style.isLeft = true }
            } else {
                text += "%!(BADWIDTH)"
            }
        } else if let width = number() {
            style.width = width
            if isIndexed { hasBadIndex = true }
        }
        if accept(".") {
            if isIndexed { hasBadIndex = true }
            isIndexed = index()
            if accept("*") {
                isIndexed = false
                style.precision = star().flatMap { $0 < 0 ? nil : $0 }
                if style.precision == nil { text += "%!(BADPREC)" }
            } else {
                style.precision = number() ?? 0
            }
        }
        if !isIndexed { _ = index() }
        guard let verb = next() else { return text += "%!(NOVERB)" }
        if verb == "%" {
            text += "%"
        } else if hasBadIndex {
            text += "%!\(verb)(BADINDEX)"
        } else if argument >= arguments.count {
            text += "%!\(verb)(MISSING)"
        } else {
            text += style.text(of: arguments[argument], verb)
            argument += 1
        }
    }

    /// `[2]`: the number of the argument to take. False when there is none.
    private mutating func index() -> Bool {
        guard peek() == "[" else { return false }
        isReordered = true
        guard let end = format[position...].firstIndex(of: "]") else {
            hasBadIndex = true
            position += 1
            return false
        }
        let digits = String(String.UnicodeScalarView(format[(position + 1)..<end]))
        position = end + 1
        guard let number = Int(digits), (1...max(1, arguments.count)).contains(number), !arguments.isEmpty else {
            hasBadIndex = true
            return true
        }
        argument = number - 1
        return true
    }

    /// The argument that is a width or a precision.
    private mutating func star() -> Int? {
        guard argument < arguments.count else { return nil }
        defer { argument += 1 }
        guard case .int(let number) = arguments[argument], number.magnitude <= PrintStyle.limit else { return nil }
        return Int(number)
    }

    private mutating func number() -> Int? {
        var number: Int?
        while let digit = peek(), ("0"..."9") ~= digit {
            number = min((number ?? 0) * 10 + Int(digit.value & 15), Int(PrintStyle.limit) + 1)
            position += 1
        }
        return number.map { min($0, Int(PrintStyle.limit)) }
    }

    private func peek() -> Unicode.Scalar? { position < format.count ? format[position] : nil }

    private mutating func next() -> Unicode.Scalar? {
        guard let scalar = peek() else { return nil }
        position += 1
        return scalar
    }

    private mutating func accept(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        position += 1
        return true
    }
}
