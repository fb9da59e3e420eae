/// Writes answers (RFC 1035, section 4.1).
struct DNSReply {
    enum Code: UInt16 {
        case none = 0
        case malformed = 1  // FORMERR
        case failed = 2  // SERVFAIL
        case notImplemented = 4  // NOTIMP
        case badVersion = 16  // BADVERS, whose upper bits are in the record of EDNS
    }

    /// Seconds that a resolver may keep an answer for, as docker's.
    static let timeToLive: UInt32 = 600
    /// Over UDP no more is sent than passes everywhere without fragments.
    static let ownSizeLimit: UInt16 = 1232

    /// One record in answer to the question: its type and its data.
    struct Record: Equatable {
        let type: UInt16
        let data: [UInt8]

        init(_ address: HostAddress) {
            type = address.isIPv6 ? DNSQuestion.Kind.ipv6 : DNSQuestion.Kind.ipv4
            data = address.bytes
        }

        init(pointer name: DNSName) {
            type = DNSQuestion.Kind.pointer
            data = name.wire + [0]
        }
    }

    /// An answer of our own. As many records as fit are in it; when that is not all, it says so (TC).
    /// - Parameter message: the question as it came; its letters are repeated as they are.
    static func answer(
        _ question: DNSQuestion, in message: UnsafeRawBufferPointer, code: Code = .none, records: [Record] = [],
        sizeLimit: Int
    ) -> [UInt8] {
        let optionsSize = question.extensionVersion == nil ? 0 : 11
        var bytes: [UInt8] = []
        bytes.reserveCapacity(question.end + optionsSize + records.count * 28)
        bytes.append(contentsOf: message[..<question.end])
        var count: UInt16 = 0
        for record in records where bytes.count + 12 + record.data.count + optionsSize <= sizeLimit {
            // The name is that of the question: a pointer behind the header.
            bytes.append(number: 0xc00c)
            bytes.append(number: record.type)
            bytes.append(number: DNSQuestion.internet)
            bytes.append(number: UInt16(timeToLive >> 16))
            bytes.append(number: UInt16(timeToLive & 0xffff))
            bytes.append(number: UInt16(record.data.count))
            bytes.append(contentsOf: record.data)
            count += 1
        }
        setHeader(&bytes, flags: question.flags, code: code, isTruncated: Int(count) < records.count)
        bytes.set(number: 1, at: 4)
        bytes.set(number: count, at: 6)
        bytes.set(number: 0, at: 8)
        bytes.set(number: optionsSize == 0 ? 0 : 1, at: 10)
        if optionsSize > 0 {
            bytes.append(0)
            bytes.append(number: DNSQuestion.Kind.options)
            bytes.append(number: ownSizeLimit)
            bytes.append(contentsOf: [UInt8(code.rawValue >> 4), 0, 0, 0, 0, 0])
        }
        return bytes
    }

    /// The answer to what could not be read: a header.
    static func refusal(_ code: Code, of message: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes = Array(message[..<2]) + [UInt8](repeating: 0, count: DNSQuestion.headerSize - 2)
        setHeader(&bytes, flags: message.number(at: 2), code: code, isTruncated: false)
        return bytes
    }

    /// Somebody else's answer under the id that the client knows; of one that is too large for it only the word that there
    /// is more.
    /// - Parameter message: the question as it came from the client.
    static func passed(
        _ reply: UnsafeRawBufferPointer, to question: DNSQuestion, in message: UnsafeRawBufferPointer, sizeLimit: Int
    ) -> [UInt8] {
        if reply.count <= sizeLimit {
            var bytes = Array(reply)
            bytes.set(number: question.id, at: 0)
            return bytes
        }
        var bytes = answer(question, in: message, sizeLimit: sizeLimit)
        bytes[2] |= 0x02
        bytes[3] |= reply[3] & 0xf
        return bytes
    }

    /// An answer; recursion is to be had; opcode and the wish for recursion as they were asked.
    private static func setHeader(_ bytes: inout [UInt8], flags: UInt16, code: Code, isTruncated: Bool) {
        bytes.set(number: 0x8080 | flags & 0x7900 | (isTruncated ? 0x0200 : 0) | code.rawValue & 0xf, at: 2)
    }
}

extension [UInt8] {
    /// Two bytes in network order.
    mutating func append(number: UInt16) {
        append(UInt8(number >> 8))
        append(UInt8(number & 0xff))
    }

    mutating func set(number: UInt16, at offset: Int) {
        self[offset] = UInt8(number >> 8)
        self[offset + 1] = UInt8(number & 0xff)
    }
}
