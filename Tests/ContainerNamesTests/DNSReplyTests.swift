import Testing

@testable import ContainerNames

@Suite struct DNSReplyTests {
    private func answer(
        _ bytes: [UInt8], _ code: DNSReply.Code = .none, addresses: [String] = [], sizeLimit: Int? = nil
    ) throws -> [UInt8] {
        try bytes.raw {
            let question = try DNSQuestion($0)
            return DNSReply.answer(
                question, in: $0, code: code, records: addresses.compactMap { HostAddress($0) }.map { .init($0) },
                sizeLimit: sizeLimit ?? question.sizeLimit)
        }
    }

    @Test func anAnswerByteByByte() throws {
        let bytes = try answer(Message.question("Ab", id: 0x0102), addresses: ["10.0.0.2"])
        let header = Message.numbers(0x0102, 0x8180, 1, 1, 0, 0)
        let question: [UInt8] = [2, UInt8(ascii: "A"), UInt8(ascii: "b"), 0, 0, 1, 0, 1]
        #expect(bytes == header + question + [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 2, 88, 0, 4, 10, 0, 0, 2])
    }

    @Test func whatDoesNotFitIsLeftOutAndSaidSo() throws {
        let many = (0..<200).map { "10.0.\($0).1" }
        let plain = try #require(Message.read(try answer(Message.question("a"), addresses: many)))
        #expect(plain.isTruncated && plain.size <= 512 && plain.data.count == 30)
        let extended = try #require(Message.read(try answer(Message.question("a", udpSize: 1232), addresses: many)))
        #expect(extended.isTruncated && extended.size <= 1232 && extended.data.count > 70 && extended.hasOptions)
        let whole = try #require(Message.read(try answer(Message.question("a"), addresses: many, sizeLimit: 65535)))
        #expect(!whole.isTruncated && whole.data == many && whole.timesToLive.allSatisfy { $0 == 600 })
    }

    @Test func refusalsCarryTheirCode() throws {
        let failed = try #require(Message.read(try answer(Message.question("a"), .failed)))
        #expect(failed.code == 2 && failed.data.isEmpty && !failed.hasOptions)
        let version = try answer(Message.question("a", udpSize: 1232, version: 1), .badVersion)
        #expect(Message.read(version)?.code == 0)
        // The upper bits of 16 are in the record of EDNS.
        #expect(version[version.count - 6] == 1)
        let bare = DNSReplyTests.refusal(Message.question("a", id: 9, flags: 0x1100))
        #expect(bare == Message.numbers(9, 0x9184, 0, 0, 0, 0))
    }

    private static func refusal(_ bytes: [UInt8]) -> [UInt8] { bytes.raw { DNSReply.refusal(.notImplemented, of: $0) } }

    @Test func anothersAnswerIsPassedOnUnderTheClientsID() throws {
        let asked = Message.question("example.com", id: 0xaaaa)
        let reply = Message.question("example.com", id: 7, flags: 0x8183) + [UInt8](repeating: 1, count: 600)
        let question = try asked.raw { try DNSQuestion($0) }
        func passed(_ limit: Int) -> [UInt8] {
            asked.raw { message in
                reply.raw { DNSReply.passed($0, to: question, in: message, sizeLimit: limit) }
            }
        }
        #expect(passed(4096) == [0xaa, 0xaa] + reply.dropFirst(2))
        let short = try #require(Message.read(passed(512)))
        #expect(short.isTruncated && short.code == 3 && short.id == 0xaaaa && short.size == asked.count)
    }
}
