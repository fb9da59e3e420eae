import FoundationEssentials
import Glibc

/// A line of docker's json-file: `{"log":"text\n","stream":"stdout","attrs":{...},"time":"..."}`.
///
/// Such a line, with its keys in this order and no spaces, is taken apart with memchr(3); whatever else may be in a log
/// goes to a JSON parser.
struct JSONLogDecoder {
    private let scratch = LogScratch()
    /// What a line that the parser has read leaves.
    private var parsedTime: [UInt8] = []

    /// Good until the next call; nil for a line that is no entry.
    mutating func decode(_ line: UnsafeRawBufferPointer) -> LogRecord? { quickly(line) ?? slowly(line) }

    private static let beginning: StaticString = #"{"log":""#
    private static let output: StaticString = #","stream":"stdout","#
    private static let errors: StaticString = #","stream":"stderr","#
    private static let attributes: StaticString = #""attrs":{"#
    private static let time: StaticString = #""time":""#

    private func quickly(_ line: UnsafeRawBufferPointer) -> LogRecord? {
        guard var cursor = LogCursor(line), cursor.skip(Self.beginning) else { return nil }
        scratch.reset(room: line.count)
        guard cursor.string(into: scratch) else { return nil }
        let isError = cursor.skip(Self.errors)
        guard isError || cursor.skip(Self.output) else { return nil }
        var record = LogRecord(text: scratch.bytes, isError: isError, time: .nanoseconds(0))
        if cursor.skip(Self.attributes) {
            guard let inside = cursor.insideOfObject() else { return nil }
            record.attributes = .json(inside)
        }
        guard cursor.skip(Self.time), let time = cursor.plainString(), Self.isTime(time), cursor.isLast("}") else {
            return nil
        }
        record.time = .text(time)
        return record
    }

    /// Roughly; whether it is one to the last digit is asked where somebody wants to know it.
    private static func isTime(_ text: UnsafeRawBufferPointer) -> Bool {
        (20...40).contains(text.count) && text[4] == 0x2d && text[10] == 0x54 && text[16] == 0x3a
    }

    private struct Line: Decodable {
        let log: String
        let stream: String
        let time: String
        let attrs: [String: String]?
    }

    private mutating func slowly(_ line: UnsafeRawBufferPointer) -> LogRecord? {
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)) else { return nil }
        parsedTime = Array(line.time.utf8)
        let text = Array(line.log.utf8)
        scratch.reset(room: text.count + parsedTime.count)
        text.withUnsafeBytes { bytes in bytes.baseAddress.map { scratch.append($0, bytes.count) } }
        parsedTime.withUnsafeBytes { bytes in bytes.baseAddress.map { scratch.append($0, bytes.count) } }
        let whole = scratch.bytes
        let time = UnsafeRawBufferPointer(rebasing: whole.dropFirst(text.count))
        guard Self.isTime(time), line.stream == "stdout" || line.stream == "stderr" else { return nil }
        return LogRecord(
            text: UnsafeRawBufferPointer(rebasing: whole.prefix(text.count)), isError: line.stream == "stderr",
            time: .text(time), attributes: line.attrs.map { .table($0) } ?? .none)
    }

    /// The members of an object whose values are strings.
    static func pairs(_ inside: UnsafeRawBufferPointer) -> [(key: String, value: String)] {
        let object = Array("{".utf8) + inside + Array("}".utf8)
        let table = try? JSONDecoder().decode([String: String].self, from: Data(object))
        return (table ?? [:]).map { (key: $0.key, value: $0.value) }
    }

    /// Where the last entry begins in a line that is none as a whole: within a string the quotes have a backslash each.
    static func lastBeginning(in line: UnsafeRawBufferPointer) -> Int? {
        let length = beginning.utf8CodeUnitCount
        guard let base = line.baseAddress, line.count > length else { return nil }
        return (1...line.count - length).last { memcmp(base + $0, beginning.utf8Start, length) == 0 }
    }
}

/// Goes through the bytes of a line.
private struct LogCursor {
    private var position: UnsafeRawPointer
    private let end: UnsafeRawPointer

    init?(_ line: UnsafeRawBufferPointer) {
        guard let base = line.baseAddress else { return nil }
        position = base
        end = base + line.count
    }

    private static let quote = CInt(0x22)
    private static let backslash = CInt(0x5c)

    mutating func skip(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard end - position >= length, memcmp(position, text.utf8Start, length) == 0 else { return false }
        position += length
        return true
    }

    func isLast(_ text: StaticString) -> Bool {
        end - position == text.utf8CodeUnitCount && memcmp(position, text.utf8Start, end - position) == 0
    }

    private func find(_ byte: CInt, before limit: UnsafeRawPointer) -> UnsafeRawPointer? {
        memchr(position, byte, limit - position).map { UnsafeRawPointer($0) }
    }

    /// A string without escapes, up to its closing quote.
    mutating func plainString() -> UnsafeRawBufferPointer? {
        guard let quote = find(Self.quote, before: end) else { return nil }
        defer { position = quote + 1 }
        return UnsafeRawBufferPointer(start: position, count: quote - position)
    }

    /// What a string stands for, up to its closing quote. It is never longer than the string.
    mutating func string(into scratch: LogScratch) -> Bool {
        guard var limit = find(Self.quote, before: end) else { return false }
        while true {
            guard let escape = find(Self.backslash, before: limit) else {
                scratch.append(position, limit - position)
                position = limit + 1
                return true
            }
            scratch.append(position, escape - position)
            position = escape + 1
            guard position < end, self.escape(into: scratch) else { return false }
            if position > limit {
                guard let next = find(Self.quote, before: end) else { return false }
                limit = next
            }
        }
    }

    /// After the backslash.
    private mutating func escape(into scratch: LogScratch) -> Bool {
        let letter = position.load(as: UInt8.self)
        position += 1
        switch letter {
        case UInt8(ascii: "n"): scratch.append(0x0a)
        case UInt8(ascii: "r"): scratch.append(0x0d)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0c)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(letter)
        case UInt8(ascii: "u"): return unicode(into: scratch)
        default: return false
        }
        return true
    }

    private mutating func unicode(into scratch: LogScratch) -> Bool {
        guard var value = hexadecimal() else { return false }
        if (0xd800..<0xdc00).contains(value), end - position >= 6, position.load(as: UInt8.self) == 0x5c,
            position.load(fromByteOffset: 1, as: UInt8.self) == UInt8(ascii: "u")
        {
            let before = position
            position += 2
            guard let second = hexadecimal() else { return false }
            if (0xdc00..<0xe000).contains(second) {
                value = 0x10000 + (value - 0xd800) << 10 + (second - 0xdc00)
            } else {
                position = before
            }
        }
        for byte in UTF8.encode(Unicode.Scalar(value) ?? "\u{fffd}") ?? UTF8.encodedReplacementCharacter {
            scratch.append(byte)
        }
        return true
    }

    private mutating func hexadecimal() -> UInt32? {
        guard end - position >= 4 else { return nil }
        var value: UInt32 = 0
        for index in 0..<4 {
            let byte = position.load(fromByteOffset: index, as: UInt8.self)
            switch byte {
            case 0x30...0x39: value = value << 4 + UInt32(byte - 0x30)
            case 0x41...0x46: value = value << 4 + UInt32(byte - 0x37)
            case 0x61...0x66: value = value << 4 + UInt32(byte - 0x57)
            default: return nil
            }
        }
        position += 4
        return value
    }

    /// After the opening brace: what is in there up to the closing one, which is skipped with the comma behind it.
    mutating func insideOfObject() -> UnsafeRawBufferPointer? {
        let start = position
        while position < end {
            switch position.load(as: UInt8.self) {
            case 0x22:
                position += 1
                guard skipString() else { return nil }
            case UInt8(ascii: "}"):
                let inside = UnsafeRawBufferPointer(start: start, count: position - start)
                position += 1
                return skip(",") ? inside : nil
            case UInt8(ascii: ":"), UInt8(ascii: ","): position += 1
            default: return nil
            }
        }
        return nil
    }

    private mutating func skipString() -> Bool {
        while let quote = find(Self.quote, before: end) {
            guard let escape = find(Self.backslash, before: quote) else {
                position = quote + 1
                return true
            }
            position = escape + 2
            if position > end { return false }
        }
        return false
    }
}
