import Testing

@testable import ContainerRegistryClient

@Suite struct AddressTests {
    /// What libcurl would take for an address of this machine or another, and we would not, is no host.
    @Test(arguments: [
        "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.01", "1.2.3", "1.2.3.4.5", "a.1", "1.2.3.256",
        "0x7f.0.0.1", "127.0.0.0x1", "[127.0.0.1]", "[::1", "::1", "[fe80::1%25eth0]", "[:::]", "", ".", "a b", "a\nb",
        "a/b", "a@b", "a\\b", "a%2eb",
    ])
    func `what is no host`(text: String) {
        #expect(HTTPAddress(scheme: .https, authority: text, target: "/") == nil)
    }

    @Test(arguments: [
        "a", "a.example.com", "1password.com", "a-b_c.d", "127.0.0.1", "[::1]", "[fd00::1]:5000", "x0:5000",
    ])
    func `what is one`(text: String) {
        #expect(HTTPAddress(scheme: .https, authority: text, target: "/") != nil)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.0.9", true), ("localhost", true), ("[::1]", true), ("[::ffff:127.0.0.1]", true),
        ("[0:0:0:0:0:0:0:1]", true), ("128.0.0.1", false), ("localhost.example.com", false), ("[::2]", false),
        ("127.0.0.1.example.com", false), ("0.0.0.0", false),
    ])
    func `this machine`(host: String, isLoopback: Bool) throws {
        let address = try #require(HTTPAddress(scheme: .http, authority: host, target: "/"))
        #expect(address.isLoopback == isLoopback)
    }
}
