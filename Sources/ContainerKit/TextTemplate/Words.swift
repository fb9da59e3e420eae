/// What docker's templates do to strings.
enum Words {
    /// strings.Split; an empty separator makes a word of each character.
    static func split(_ text: String, by separator: String) -> [String] {
        guard !separator.isEmpty else { return text.unicodeScalars.map { String(Character($0)) } }
        let bytes = Array(text.utf8)
        let mark = Array(separator.utf8)
        var words: [String] = []
        var start = 0
        var index = 0
        while index + mark.count <= bytes.count {
            if bytes[index...].starts(with: mark) {
                words.append(String(decoding: bytes[start..<index], as: UTF8.self))
                index += mark.count
                start = index
            } else {
                index += 1
            }
        }
        return words + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    /// strings.Title: the first letter of each word.
    static func title(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var wasInWord = false
        for scalar in text.unicodeScalars {
            result.append(wasInWord ? scalar : single(scalar.properties.titlecaseMapping) ?? scalar)
            // Of what is not ASCII, Go lets only white space separate words.
            wasInWord = scalar.isASCII ? scalar.isAlphanumeric : !scalar.properties.isWhitespace
        }
        return String(result)
    }

    static func lower(_ text: String) -> String {
        map(text) { scalar in
            // The one mapping of two characters whose first is the simple one.
            scalar == "\u{130}" ? "i" : single(scalar.properties.lowercaseMapping) ?? scalar
        }
    }

    static func upper(_ text: String) -> String { map(text) { single($0.properties.uppercaseMapping) ?? $0 } }

    /// Spaces around a text that is not empty.
    static func pad(_ text: String, before: Int64, after: Int64) throws -> String {
        guard !text.isEmpty else { return text }
        guard before >= 0, after >= 0 else { throw Function.Failure("strings: negative Repeat count") }
        // Go would try; a template that asks for it is mistyped.
        guard before < 1 << 20, after < 1 << 20 else { throw Function.Failure("strings: Repeat count too large") }
        return String(repeating: " ", count: Int(before)) + text + String(repeating: " ", count: Int(after))
    }

    /// At most so many bytes.
    static func truncate(_ text: String, to length: Int64) throws -> String {
        guard length >= 0 else { throw Function.Failure("runtime error: slice bounds out of range [:\(length)]") }
        guard length < text.utf8.count else { return text }
        return String(decoding: text.utf8.prefix(Int(length)), as: UTF8.self)
    }

    // Go maps one character to one.
    private static func map(_ text: String, _ transform: (Unicode.Scalar) -> Unicode.Scalar) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(transform(scalar)) }
        return String(result)
    }

    private static func single(_ mapping: String) -> Unicode.Scalar? {
        let scalars = mapping.unicodeScalars
        return scalars.count == 1 ? scalars.first : nil
    }
}
