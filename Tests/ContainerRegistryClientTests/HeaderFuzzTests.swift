import ContainerSystem
import Testing

@testable import ContainerRegistryClient

/// Headers of a server that sends whatever it likes.
@Suite struct HeaderFuzzTests {
    private static let pieces = [
        "Bearer", "Basic", "bearer ", "realm", "=", "\"", ",", " ", "\t", "\\", "service", "scope", "error",
        "https://auth.example/token", "repository:a/b:pull,push", "\"https://x/y\"", "=\"", "\",", "\u{e9}", "\u{0}",
        "\r\nX: y", "==", ",,", "Negotiate", "a=b", String(repeating: "q", count: 9000), "\"\\\"\"", ";", "http://[::1",
    ]

    @Test func everyHeaderIsReadToItsEnd() {
        var state: UInt64 = 3
        func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var found = 0
        for _ in 0..<5000 {
            let headers = (0..<below(3)).map { _ in
                (0..<below(14)).map { _ in Self.pieces[below(Self.pieces.count)] }.joined()
            }
            let challenges = AuthChallenge.parse(headers)
            found += challenges.count
            let length = headers.reduce(0) { $0 + $1.utf8.count }
            #expect(challenges.count <= length)
            for challenge in challenges {
                #expect(challenge.scheme.utf8.allSatisfy { (0x21...0x7e).contains($0) }, "\(headers)")
                #expect(challenge.parameters.keys.allSatisfy { $0 == $0.lowercased() && !$0.isEmpty }, "\(headers)")
                #expect(challenge.parameters.values.allSatisfy { $0.utf8.count <= 3 * 8192 })
            }
        }
        #expect(found > 1000)
    }

    /// What is no address of the web is none, whatever is put into one.
    @Test func anAddressHasNoControlCharacters() {
        let parts = [
            "http", "https", "file", "://", "/", "x", ":80", ":99999", "@", "?", "#", "[::1]", "\r\n", " ", "%", "..",
            "\u{e9}",
        ]
        var state: UInt64 = 5
        var taken = 0
        for _ in 0..<5000 {
            var text = ["http://", "https://", ""][Int(state >> 40) % 3]
            for _ in 0..<6 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += parts[Int(state >> 33) % parts.count]
            }
            guard let address = HTTPAddress(text) else { continue }
            taken += 1
            #expect(text.hasPrefix("http://") || text.hasPrefix("https://"), "\(text)")
            #expect(address.description.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }, "\(text)")
        }
        #expect(taken > 10)
    }
}
