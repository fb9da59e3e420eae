/// One challenge of a `WWW-Authenticate` header: `Bearer realm="…",service="…",scope="…"` or `Basic realm="…"`
/// (RFC 9110, 11.6.1; distribution's token specification).
struct AuthChallenge: Equatable {
    /// Lower-case.
    var scheme: String
    /// Names in lower case.
    var parameters: [String: String]

    /// Every challenge in the headers, in order. One header may hold several, separated by the same commas as their
    /// parameters; what makes no sense is skipped.
    static func parse(_ headers: [String]) -> [AuthChallenge] {
        var challenges = [AuthChallenge]()
        for header in headers {
            var scanner = Scanner(bytes: Array(header.utf8.prefix(8192))[...])
            while true {
                scanner.skip { $0 == UInt8(ascii: ",") || Scanner.isBlank($0) }
                let word = scanner.token()
                if word.isEmpty {
                    // A stray character; without moving on this would never end.
                    guard scanner.next() != nil else { break }
                    continue
                }
                scanner.skip(Scanner.isBlank)
                if scanner.bytes.first == UInt8(ascii: "="), !challenges.isEmpty {
                    _ = scanner.next()
                    scanner.skip(Scanner.isBlank)
                    challenges[challenges.count - 1].parameters[word.lowercased()] = scanner.value()
                } else {
                    challenges.append(AuthChallenge(scheme: word.lowercased(), parameters: [:]))
                }
            }
        }
        return challenges
    }

    private struct Scanner {
        var bytes: ArraySlice<UInt8>

        static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

        /// Letters, digits and marks that a name or an unquoted value may have.
        static func isToken(_ byte: UInt8) -> Bool {
            (0x21...0x7e).contains(byte) && !Array("\"(),/:;<=>?@[\\]{}".utf8).contains(byte)
        }

        mutating func skip(_ condition: (UInt8) -> Bool) { bytes = bytes.drop(while: condition) }

        mutating func next() -> UInt8? { bytes.popFirst() }

        mutating func token() -> String {
            let token = bytes.prefix(while: Self.isToken)
            bytes = bytes[token.endIndex...]
            return String(decoding: token, as: UTF8.self)
        }

        /// A quoted string, or everything up to the next comma: some servers leave the quotes out around a URL.
        mutating func value() -> String {
            guard bytes.first == UInt8(ascii: "\"") else {
                let value = bytes.prefix { $0 != UInt8(ascii: ",") && !Self.isBlank($0) }
                bytes = bytes[value.endIndex...]
                return String(decoding: value, as: UTF8.self)
            }
            _ = next()
            var value = [UInt8]()
            while let byte = next(), byte != UInt8(ascii: "\"") {
                if byte == UInt8(ascii: "\\") {
                    if let escaped = next() { value.append(escaped) }
                } else {
                    value.append(byte)
                }
            }
            return String(decoding: value, as: UTF8.self)
        }
    }
}
