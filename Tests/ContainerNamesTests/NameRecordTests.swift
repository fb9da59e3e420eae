import ContainerSystem
import Glibc
import Testing

@testable import ContainerNames

@Suite struct NameRecordTests {
    private let record = NameRecord(
        id: "0123abcd", name: "web",
        networks: [
            .init(
                id: "n1", name: "front \"quoted\"", isInternal: true, addresses: ["10.0.0.2", "fd00::2"],
                names: ["web", "0123", "é"]),
            .init(id: "n2", name: "back", addresses: [], names: []),
        ],
        servers: ["127.0.0.53", "fe80::1%eth0"], links: [.init(alias: "db", target: "mysql")])

    @Test func whatIsWrittenIsRead() throws {
        #expect(try NameRecord(json: Array(record.json.utf8), name: "x") == record)
        var template = Array("/tmp/ck-names-XXXXXX".utf8CString)
        #expect(mkdtemp(&template) != nil)
        let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer {
            unlink(folder + "/names.json")
            rmdir(folder)
        }
        #expect(throws: ContainerError.self) { try NameRecord(readingFrom: folder) }
        try record.write(to: folder)
        #expect(try NameRecord(readingFrom: folder) == record)
        #expect(try Files.list(folder) == ["names.json"])
    }

    @Test func unknownMembersAreSkipped() throws {
        let read = try NameRecord(json: Array(#"{"id":"a","more":[{"x":1}],"networks":null}"#.utf8), name: "x")
        #expect(read == NameRecord(id: "a", name: "", networks: []))
    }

    @Test(arguments: [
        ("{}", "id: missing"), ("[]", "list"), (#"{"id":"a","servers":["no"]}"#, "servers: \"no\" is no address"),
        (#"{"id":"a","networks":[{"name":"x"}]}"#, "networks[0].id: missing"),
        (#"{"id":"a","networks":[{"id":"n","addresses":["10.0.0"]}]}"#, "is no address"), ("{", "too early"),
        (#"{"id":7}"#, "id"),
    ])
    func whatIsWrongIsNamed(_ text: String, _ words: String) {
        let error = #expect(throws: ContainerError.self) {
            try NameRecord(json: Array(text.utf8), name: "names.json")
        }
        #expect(error?.description.contains(words) == true, "\(error.map(String.init(describing:)) ?? "")")
    }

    @Test func requestsAreReadAsTheyAreWritten() {
        for request: NameServerProtocol.Request in [.hello, .add(id: "0af-b_C", pid: 17), .remove(id: "x")] {
            #expect(NameServerProtocol.Request(request.text) == request)
        }
        for text in [
            "", "hello ", "add", "add a", "add a 0", "add a -1", "add a 99999999999", "add ../x 7",
            "add a 7 8", "remove .", "remove a/b", "remove ", "remove " + String(repeating: "a", count: 129),
        ] {
            #expect(NameServerProtocol.Request(text) == nil, "\(text)")
        }
    }
}
