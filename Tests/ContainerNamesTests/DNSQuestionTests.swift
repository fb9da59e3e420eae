import Testing

@testable import ContainerNames

/// Messages as they come from containers: honest ones, and ones that are made to break the reader.
@Suite struct DNSQuestionTests {
    private func read(_ bytes: [UInt8]) throws -> DNSQuestion { try bytes.raw { try DNSQuestion($0) } }

    private func refusal(_ bytes: [UInt8]) -> DNSQuestion.Refusal? {
        do {
            _ = try read(bytes)
            return nil
        } catch { return error as? DNSQuestion.Refusal }
    }

    @Test func aQuestionIsRead() throws {
        let bytes = Message.question("Web.Front", 28, id: 0xbeef)
        let question = try read(bytes)
        #expect(question.id == 0xbeef && question.type == 28 && question.class == 1 && question.wantsRecursion)
        #expect(question.name == DNSName("web.front") && question.end == bytes.count)
        #expect(question.sizeLimit == 512 && question.extensionVersion == nil)
    }

    @Test func theSizeThatAClientTakesIsRead() throws {
        #expect(try read(Message.question("a", udpSize: 4096)).sizeLimit == 4096)
        #expect(try read(Message.question("a", udpSize: 100)).sizeLimit == 512)
        #expect(try read(Message.question("a", udpSize: 1232, version: 3)).extensionVersion == 3)
    }

    @Test func answersAndScrapsAreNotAnswered() {
        #expect(refusal([]) == .silent)
        #expect(refusal(Array(Message.question("a").prefix(11))) == .silent)
        #expect(refusal(Message.question("a", flags: 0x8180)) == .silent)
    }

    @Test func whatIsNoQueryIsRefused() {
        #expect(refusal(Message.question("a", flags: 0x2800)) == .answered(.notImplemented))
        var none = Message.question("a")
        none[5] = 0
        #expect(refusal(none) == .answered(.malformed))
        var two = Message.question("a")
        two[5] = 2
        #expect(refusal(two) == .answered(.malformed))
    }

    @Test func namesThatDoNotEndOrPointAnywhereAreRefused() {
        let header = Message.numbers(1, 0x0100, 1, 0, 0, 0)
        let label = [UInt8](repeating: 97, count: 64)
        let names: [[UInt8]] = [
            [], [3, 97], [0xc0, 0x0c], [1, 97, 0xc0, 0x0c], [0x40, 97, 0], [64] + label + [0], [0xff, 0xff],
            [3, 97, 98, 99], [UInt8]((0..<128).map { _ in [1, 97] }.joined()) + [0],
            [UInt8]((0..<4).map { _ in [63] + label.dropFirst() }.joined()) + [0],
        ]
        for name in names { #expect(refusal(header + name + [0, 1, 0, 1]) == .answered(.malformed), "\(name)") }
        #expect(refusal(header + [1, 97, 0, 0, 1, 0]) == .answered(.malformed))
        // The longest that there may be.
        let longest = [UInt8]((0..<127).map { _ in [1, 97] }.joined()) + [0]
        #expect(refusal(header + longest + [0, 1, 0, 1]) == nil)
    }

    @Test func countsThatLieAreRefused() {
        var bytes = Message.question("a")
        for offset in [7, 9, 11] {
            bytes[offset] = 0xff
            #expect(refusal(bytes) == .answered(.malformed))
            bytes[offset] = 0
        }
        var twice = Message.question("a", udpSize: 1232)
        twice += twice.suffix(11)
        twice[11] = 2
        #expect(refusal(twice) == .answered(.malformed))
        // A record that says to be longer than the message.
        var long = Message.question("a", udpSize: 1232)
        long[long.count - 1] = 9
        #expect(refusal(long) == .answered(.malformed))
    }

    @Test func whatIsMadeOfAnythingIsReadOrRefused() throws {
        var random = SystemRandomNumberGenerator()
        var readable = 0
        for round in 0..<20_000 {
            var bytes = Message.question("web.front.example", udpSize: round % 2 == 0 ? 1232 : nil)
            for _ in 0...round % 5 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if round % 3 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            guard let question = try? read(bytes) else { continue }
            readable += 1
            #expect(question.end <= bytes.count && question.name.wire.count < 255)
            let answer = bytes.raw { DNSReply.answer(question, in: $0, sizeLimit: question.sizeLimit) }
            #expect(Message.read(answer)?.id == question.id)
            _ = bytes.raw { question.isAnswered(by: $0, id: question.id) }
        }
        #expect(readable > 1000)
    }

    @Test func onlyTheAnswerToTheQuestionIsOne() throws {
        let bytes = Message.question("example.com")
        let question = try read(bytes)
        func isAnswer(_ change: (inout [UInt8]) -> Void = { _ in }) -> Bool {
            var reply = Message.question("EXAMPLE.com", id: 7, flags: 0x8180)
            change(&reply)
            return reply.raw { question.isAnswered(by: $0, id: 7) }
        }
        #expect(isAnswer())
        #expect(!isAnswer { $0[1] = 8 })
        #expect(!isAnswer { $0[2] = 0x01 })
        #expect(!isAnswer { $0[13] = UInt8(ascii: "x") })
        #expect(!isAnswer { $0[$0.count - 3] = 28 })
        #expect(!isAnswer { $0[$0.count - 1] = 3 })
        #expect(!isAnswer { $0[5] = 2 })
        #expect(!isAnswer { $0.removeLast() })
        #expect(!isAnswer { $0 = [] })
        // A question of another's answer that points at itself.
        #expect(!isAnswer { $0 = Message.numbers(7, 0x8180, 1, 0, 0, 0) + [0xc0, 0x0c, 0, 1, 0, 1] })
        // Without the question only a refusal is believed.
        #expect(isAnswer { $0 = Message.numbers(7, 0x8185, 0, 0, 0, 0) })
        #expect(!isAnswer { $0 = Message.numbers(7, 0x8180, 0, 0, 0, 0) })
    }
}
