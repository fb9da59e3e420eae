@testable import ContainerNames

/// Questions and answers as bytes, written and read by the words of RFC 1035.
enum Message {
    static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    static func question(
        _ name: String, _ type: UInt16 = 1, id: UInt16 = 0x1234, flags: UInt16 = 0x0100, class: UInt16 = 1,
        udpSize: UInt16? = nil, version: UInt8 = 0
    ) -> [UInt8] {
        var bytes = numbers(id, flags, 1, 0, 0, udpSize == nil ? 0 : 1) + Self.name(name) + numbers(type, `class`)
        if let udpSize { bytes += [0] + numbers(41, udpSize) + [0, version, 0, 0, 0, 0] }
        return bytes
    }

    static func numbers(_ values: UInt16...) -> [UInt8] { values.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] } }

    /// What an answer says, as far as the tests ask; nil for one that is not well made.
    struct Answer: Equatable {
        var id: UInt16
        var code: Int
        var isTruncated: Bool
        /// Addresses, and names with dots.
        var data: [String] = []
        var timesToLive: [Int] = []
        var hasOptions = false
        var size: Int
    }

    static func read(_ bytes: [UInt8]) -> Answer? {
        guard bytes.count >= 12 else { return nil }
        func number(_ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }
        var answer = Answer(
            id: UInt16(number(0)), code: number(2) & 0xf, isTruncated: number(2) & 0x200 != 0, size: bytes.count)
        guard number(2) & 0x8000 != 0 else { return nil }
        var offset = 12
        for _ in 0..<number(4) {
            guard readName(bytes, &offset) != nil, offset + 4 <= bytes.count else { return nil }
            offset += 4
        }
        for _ in 0..<number(6) + number(8) + number(10) {
            guard readName(bytes, &offset) != nil, offset + 10 <= bytes.count else { return nil }
            let (type, size) = (number(offset), number(offset + 8))
            let start = offset + 10
            guard start + size <= bytes.count else { return nil }
            switch type {
            case 1, 28:
                guard let address = address(Array(bytes[start..<start + size])) else { return nil }
                answer.data.append(address)
                answer.timesToLive.append(number(offset + 4) << 16 | number(offset + 6))
            case 12:
                var position = start
                guard let name = readName(bytes, &position) else { return nil }
                answer.data.append(name)
                answer.timesToLive.append(number(offset + 4) << 16 | number(offset + 6))
            case 41: answer.hasOptions = true
            default: answer.data.append("type \(type)")
            }
            offset = start + size
        }
        return offset == bytes.count ? answer : nil
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        guard bytes.count == 16 else { return nil }
        return stride(from: 0, to: 16, by: 2)
            .map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }.joined(separator: ":")
    }

    private static func readName(_ bytes: [UInt8], _ offset: inout Int) -> String? {
        var labels: [String] = []
        var position = offset
        var hasJumped = false
        for _ in 0..<128 {
            guard position < bytes.count else { return nil }
            let length = Int(bytes[position])
            if length >= 0xc0 {
                guard position + 1 < bytes.count else { return nil }
                if !hasJumped { offset = position + 2 }
                hasJumped = true
                position = (length & 0x3f) << 8 | Int(bytes[position + 1])
            } else if length == 0 {
                if !hasJumped { offset = position + 1 }
                return labels.joined(separator: ".")
            } else {
                guard position + 1 + length <= bytes.count else { return nil }
                labels.append(String(decoding: bytes[position + 1...position + length], as: UTF8.self))
                position += 1 + length
            }
        }
        return nil
    }
}

extension [UInt8] {
    func raw<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withUnsafeBytes(body)
    }
}
