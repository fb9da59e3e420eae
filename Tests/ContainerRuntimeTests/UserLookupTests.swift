import ContainerSystem
import Testing

@testable import ContainerRuntime

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

    /// setresuid(2) takes 4294967295 as "leave it": an account of that number would go on as root.
    @Test(arguments: ["4294967295", "2147483648", "4294967296", "-1", "+5", "0x5", " 5", ""])
    func anAccountOfNoPossibleNumberIsNone(number: String) throws {
        let lines = "u:x:\(number):100::/a:/bin/sh\nv:x:100:\(number)::/a:/bin/sh\n"
        let lookup = UserLookup(passwd: lines, group: "g:x:\(number):w\n")
        for text in ["u", "v", "0:g"] {
            #expect(code { _ = try lookup.identity(of: text) } == .notFound, "\(text)")
        }
        let member = UserLookup(passwd: "w:x:7:7::/:\n", group: "g:x:\(number):w\nh:x:8:w\n")
        #expect(try member.identity(of: "w").user.additionalGids == [7, 8])
    }

    @Test func linesAndFieldsAreBytes() throws {
        let passwd =
            "\nno colons at all\n::::::\nroot\u{0}:x:1:1::/:\r\nann:x:7:8:\u{301}\u{2028}evil:x:0:0::/w:/bin/sh\r\n"
            + "cafe\u{301}:x:9:9::/nine:\n" + String(repeating: "x", count: 100_000) + ":x:10:10::/ten:"
        let lookup = UserLookup(passwd: passwd, group: "a:x:20:ann\r\nb:x:21:anne,,\n:x:22:ann\n")
        let ann = try lookup.identity(of: "ann")
        #expect(ann.user.uid == 7 && ann.user.gid == 8 && ann.user.additionalGids == [8, 20, 22])
        #expect(ann.home == "x", "the fields are where their colons are")
        for name in ["evil", "root", "café", "\u{2028}evil"] {
            #expect(code { _ = try lookup.identity(of: name) } == .notFound, "\(name)")
        }
        #expect(try lookup.identity(of: "cafe\u{301}").home == "/nine")
        #expect(try lookup.identity(of: String(repeating: "x", count: 100_000)).user.uid == 10)
        #expect(try UserLookup(passwd: "", group: "").identity(of: ":").user.uid == 0)
    }

    /// setgroups(2) takes 65536, and would fail with nothing that says why.
    @Test func moreGroupsThanTheKernelTakesAreRefused() throws {
        func groups(_ count: Int) -> UserLookup {
            UserLookup(passwd: "u:x:1:0::/:\n", group: (1...count).map { "g:x:\($0):u\n" }.joined())
        }
        #expect(try groups(65_535).identity(of: "u").user.additionalGids?.count == 65_536)
        #expect(code { _ = try groups(65_536).identity(of: "u") } == .invalidArgument)
        #expect(try groups(70_000).identity(of: "u:5").user.additionalGids == [5])
    }
}

private func code(_ body: () throws -> Void) -> ContainerError.Code? {
    do {
        try body()
        return nil
    } catch { return (error as? ContainerError)?.code }
}
