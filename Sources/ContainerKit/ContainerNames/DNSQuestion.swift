/// A question that came from somewhere, as far as it has to be understood (RFC 1035, section 4). Everything in it is
/// hostile until it was read; reading takes one pass, however the message is made.
struct DNSQuestion {
    enum Kind {
        static let ipv4: UInt16 = 1  // A
        static let pointer: UInt16 = 12  // PTR
        static let ipv6: UInt16 = 28  // AAAA
        static let options: UInt16 = 41  // OPT
        static let any: UInt16 = 255
    }

    static let headerSize = 12
    /// What a client takes over UDP that says nothing of it.
    static let plainSize = 512
    static let internet: UInt16 = 1

    let id: UInt16
    /// As they were sent: opcode and whether recursion is wanted are repeated in the answer.
    let flags: UInt16
    let name: DNSName
    let type: UInt16
    let `class`: UInt16
    /// Where in the message the question ends that begins after the header.
    let end: Int
    /// How many bytes an answer over UDP may have.
    private(set) var sizeLimit = plainSize
    /// The version of EDNS (RFC 6891) that the question speaks; nil for none.
    private(set) var extensionVersion: UInt8?

    var wantsRecursion: Bool { flags & 0x0100 != 0 }

    /// Why a message is no question that is answered as such.
    enum Refusal: Error, Equatable {
        /// Not even worth an answer: too short for its header, or an answer itself. To answer those makes loops.
        case silent
        /// Answered with this code and nothing else.
        case answered(DNSReply.Code)
    }

    /// - Throws: what is to become of a message that cannot be answered otherwise.
    init(_ message: UnsafeRawBufferPointer) throws(Refusal) {
        guard message.count >= Self.headerSize else { throw .silent }
        id = message.number(at: 0)
        flags = message.number(at: 2)
        if flags & 0x8000 != 0 { throw .silent }
        if flags & 0x7800 != 0 { throw .answered(.notImplemented) }
        if message.number(at: 4) != 1 { throw .answered(.malformed) }
        var offset = Self.headerSize
        guard let name = DNSName(message, at: &offset), offset + 4 <= message.count else {
            throw .answered(.malformed)
        }
        self.name = name
        type = message.number(at: offset)
        self.class = message.number(at: offset + 2)
        end = offset + 4
        try readOptions(message)
    }

    /// Finds the record of EDNS among whatever else is there. Each record takes eleven bytes at least, so that the
    /// message's size bounds the work, whatever its counts say.
    private mutating func readOptions(_ message: UnsafeRawBufferPointer) throws(Refusal) {
        var offset = end
        let before = Int(message.number(at: 6)) + Int(message.number(at: 8))
        for index in 0..<before + Int(message.number(at: 10)) {
            guard DNSName.skip(message, at: &offset), offset + 10 <= message.count else { throw .answered(.malformed) }
            let isOptions = index >= before && message.number(at: offset) == Kind.options
            if isOptions {
                if extensionVersion != nil { throw .answered(.malformed) }
                sizeLimit = max(Self.plainSize, Int(message.number(at: offset + 2)))
                extensionVersion = message[offset + 5]
            }
            offset += 10 + Int(message.number(at: offset + 8))
            guard offset <= message.count else { throw .answered(.malformed) }
        }
    }

    /// Whether a message is an answer to this question that was asked under another id (RFC 5452, section 9.1).
    func isAnswered(by message: UnsafeRawBufferPointer, id: UInt16) -> Bool {
        guard message.count >= Self.headerSize, message.number(at: 0) == id else { return false }
        let flags = message.number(at: 2)
        guard flags & 0xf800 == 0x8000 else { return false }
        // Some servers refuse a question without repeating it.
        if message.number(at: 4) == 0 { return flags & 0xf != 0 }
        var offset = Self.headerSize
        guard message.number(at: 4) == 1, let name = DNSName(message, at: &offset), offset + 4 <= message.count else {
            return false
        }
        return name == self.name && message.number(at: offset) == type && message.number(at: offset + 2) == self.class
    }
}

extension UnsafeRawBufferPointer {
    /// Two bytes in network order; the caller has seen to it that they are there.
    func number(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }
}
