/// docker's sizes: `64m`, `1.5g`, `512MiB`, `1024`; multiples of 1024 whatever the letters.
enum ByteSize {
    static func parse(_ text: String, flag: String) throws(FlagError) -> Int64 {
        guard let last = text.lastIndex(where: { $0.isASCII && ($0.isNumber || $0 == "." || $0 == " ") }) else {
            throw FlagError(flag, text, "invalid size: '\(text)'")
        }
        var number = text[...last]
        if number.last == " " { number.removeLast() }
        let suffix = text[text.index(after: last)...]
        guard number.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), let value = Double(number) else {
            throw FlagError(flag, text, "invalid size: '\(text)'")
        }
        guard let factor = factor(suffix.lowercased()) else {
            throw FlagError(flag, text, "invalid suffix: '\(suffix)'")
        }
        guard let bytes = Int64(exactly: (value * factor).rounded(.down)) else {
            throw FlagError(flag, text, "invalid size: '\(text)'")
        }
        return bytes
    }

    private static func factor(_ suffix: String) -> Double? {
        if suffix.isEmpty || suffix == "b" { return 1 }
        let letters = Array("kmgtp")
        guard let first = suffix.first, let power = letters.firstIndex(of: first) else { return nil }
        guard ["", "b", "ib"].contains(suffix.dropFirst()) else { return nil }
        return (0...power).reduce(1) { value, _ in value * 1024 }
    }
}
