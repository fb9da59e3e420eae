import ContainerSystem
import Testing

@testable import ContainerEngine

@Suite struct IdentifierTests {
    @Test func anIdIsNeverANumber() throws {
        let ids = try (0..<200).map { _ in try Identifier.generate() }
        #expect(Set(ids).count == 200)
        for id in ids {
            #expect(id.utf8.count == 64 && Identifier.isPrefix(id))
            #expect(UInt64(Identifier.short(id)) == nil, "a short id of digits would look like a number")
        }
        #expect(Identifier.short("sha256:0123456789abcdef") == "0123456789ab")
        #expect(!Identifier.isPrefix("") && !Identifier.isPrefix("ABC") && !Identifier.isPrefix("xyz"))
    }

    @Test(arguments: [
        ("ok", true), ("a.b-c_d", true), ("0x", true), ("a", false), ("-a", false), (".a", false), ("a b", false),
        ("ä1", false), ("a/b", false), ("", false),
    ])
    func namesAreDockers(name: String, isValid: Bool) {
        #expect(((try? Identifier.check(name: name)) != nil) == isValid)
    }
}
