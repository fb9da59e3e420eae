import Glibc

/// A record of docker's driver `local`: its length in four bytes with the highest first, a `LogEntry` as protocol buffers
/// encode it (source = 1, time_nano = 2, line = 3, partial = 4, partial_log_metadata = 5, attrs = 6), its length again.
struct LocalLogDecoder {
    /// docker refuses what is longer.
    static let lengthLimit = 1_000_000
    /// What stands around each entry.
    static let frame = 8

    private let scratch = LogScratch()

    /// The length of the record's entry at the beginning of the bytes; nil when they are none, or not all of one.
    static func length(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= frame else { return nil }
        let length = Int(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
        guard length > 0, length <= lengthLimit, bytes.count >= length + frame else { return nil }
        let again = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4 + length, as: UInt32.self)))
        return again == length ? length : nil
    }

    /// Good until the next call; nil for what is no entry.
    func decode(_ entry: UnsafeRawBufferPointer) -> LogRecord? {
        var reader = WireReader(entry)
        var source: UnsafeRawBufferPointer?
        var line = UnsafeRawBufferPointer(start: nil, count: 0)
        var time: Int64 = 0
        var (isPartial, isLast, hasAttributes) = (false, false, false)
        while !reader.isAtEnd {
            guard let field = reader.next() else { return nil }
            switch field {
            case .bytes(1, let value): source = value
            case .bytes(3, let value): line = value
            case .number(2, let value): time = Int64(bitPattern: value)
            case .number(4, let value): isPartial = value != 0
            case .bytes(5, let value): isLast = Self.isLast(value)
            case .bytes(6, _): hasAttributes = true
            default: break
            }
        }
        guard let source, let isError = Self.isError(source) else { return nil }
        scratch.reset(room: line.count + 1)
        line.baseAddress.map { scratch.append($0, line.count) }
        // The newline is not kept; a piece of a longer line has none.
        if !isPartial || isLast { scratch.append(0x0a) }
        return LogRecord(
            text: scratch.bytes, isError: isError, time: .nanoseconds(time),
            attributes: hasAttributes ? .record(entry) : .none)
    }

    static func pairs(_ entry: UnsafeRawBufferPointer) -> [(key: String, value: String)] {
        var pairs: [(key: String, value: String)] = []
        var reader = WireReader(entry)
        while let field = reader.next() {
            guard case .bytes(6, let attribute) = field else { continue }
            var pair = (key: "", value: "")
            var inner = WireReader(attribute)
            while let part = inner.next() {
                if case .bytes(1, let text) = part { pair.key = String(decoding: text, as: UTF8.self) }
                if case .bytes(2, let text) = part { pair.value = String(decoding: text, as: UTF8.self) }
            }
            pairs.append(pair)
        }
        return pairs
    }

    private static func isLast(_ metadata: UnsafeRawBufferPointer) -> Bool {
        var reader = WireReader(metadata)
        while let field = reader.next() {
            if case .number(1, let value) = field { return value != 0 }
        }
        return false
    }

    private static func isError(_ source: UnsafeRawBufferPointer) -> Bool? {
        if source.elementsEqual("stdout".utf8) { return false }
        return source.elementsEqual("stderr".utf8) ? true : nil
    }
}

/// The wire format of protocol buffers, as far as the entries need it.
private struct WireReader {
    enum Field {
        case number(UInt64, UInt64)
        case bytes(UInt64, UnsafeRawBufferPointer)
        case other
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    /// Nil at the end, and for what is malformed.
    mutating func next() -> Field? {
        guard let tag = varint() else { return nil }
        switch tag & 7 {
        case 0: return varint().map { .number(tag >> 3, $0) }
        case 1: return skip(8)
        case 2:
            guard let length = varint(), length <= UInt64(bytes.count - position) else { return nil }
            defer { position += Int(length) }
            return .bytes(tag >> 3, UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)]))
        case 5: return skip(4)
        default: return nil
        }
    }

    private mutating func skip(_ count: Int) -> Field? {
        guard bytes.count - position >= count else { return nil }
        position += count
        return .other
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }
}
