import ContainerSystem
import Testing

@testable import ContainerEngine

@Suite struct UserLookupTests {
    private let lookup = UserLookup(
        passwd: """
            # comment:x:9:9::/:
            root:x:0:0:root:/root:/bin/sh
            broken:x:5
            worse:x:notanumber:1::/w:
            user:x:1000:100:a user:/home/user:/bin/sh
            nohome:x:7:7:::
            123:x:1001:1001::/digits:
            user:x:2:2::/second:
            """,
        group: """
            root:x:0:
            users:x:100:
            wheel:x:10:root,user
            extra:x:20:nobody,user
            broken:x
            """)

    private func identity(_ text: String) -> [String] {
        do {
            let found = try lookup.identity(of: text)
            return [
                "\(found.user.uid):\(found.user.gid)",
                found.user.additionalGids?.map(String.init).joined(separator: ",") ?? "", found.home,
            ]
        } catch { return [error.description] }
    }

    @Test func namesAndNumbersAreFound() {
        #expect(identity("") == ["0:0", "0,10", "/root"])
        #expect(identity("root") == identity(""))
        #expect(identity("user") == ["1000:100", "100,10,20", "/home/user"])
        #expect(identity("1000") == ["1000:100", "100,10,20", "/home/user"])
        #expect(identity("user:wheel") == ["1000:10", "10", "/home/user"])
        #expect(identity("user:55") == ["1000:55", "55", "/home/user"])
        #expect(identity(":extra") == ["0:20", "20", "/root"])
        #expect(identity("nohome")[2] == "/")
    }

    @Test func aNumberThatNobodyHasIsItself() {
        #expect(identity("4242") == ["4242:0", "0", "/"])
        #expect(identity("123") == ["123:0", "0", "/"], "digits are a uid, never a name")
        #expect(identity("2147483647")[0] == "2147483647:0")
    }

    @Test func whatIsNotThereIsNamed() {
        #expect(identity("ghost")[0].contains("unable to find user ghost"))
        #expect(identity("worse")[0].contains("unable to find user worse"), "a line that makes no sense is no user")
        #expect(identity("user:ghosts")[0].contains("unable to find group ghosts"))
        #expect(identity("2147483648")[0].contains("range"))
        #expect(identity("99999999999999999999")[0].contains("range"))
    }
}
