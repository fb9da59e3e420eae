/// Writes netlink attributes (struct nlattr of linux/netlink.h): a length, a type, the value, padding to four bytes.
///
/// Everything is one flat buffer; a nested attribute is written in place and its length filled in when it closes.
public struct NetlinkAttributes: Sendable, Equatable {
    /// Set on the type of an attribute that holds attributes (NLA_F_NESTED).
    static let nestedFlag: UInt16 = 0x8000

    public private(set) var bytes: [UInt8] = []
    /// Where in `bytes` the 32-bit process id lies that is not known yet.
    public private(set) var pidOffset: Int?

    public init() {}

    public mutating func append(_ type: UInt16, bytes value: some Collection<UInt8>) {
        bytes.append(native: UInt16(truncatingIfNeeded: 4 + value.count))
        bytes.append(native: type)
        bytes.append(contentsOf: value)
        pad()
    }

    /// An integer in the byte order of the machine, as rtnetlink wants it.
    public mutating func append(_ type: UInt16, _ value: some FixedWidthInteger) {
        append(type, bytes: [UInt8](native: value))
    }

    /// An integer in network byte order, as nfnetlink wants it.
    public mutating func append(_ type: UInt16, bigEndian value: some FixedWidthInteger) {
        append(type, bytes: [UInt8](native: value.bigEndian))
    }

    /// A string with its closing NUL.
    public mutating func append(_ type: UInt16, _ value: String) {
        append(type, bytes: Array(value.utf8) + [0])
    }

    /// A process id that is filled in later; its place is `pidOffset`.
    public mutating func appendPendingPID(_ type: UInt16) {
        pidOffset = bytes.count + 4
        append(type, UInt32(0))
    }

    /// An attribute that holds what `body` writes, after a fixed header where the kernel wants one.
    public mutating func nest(
        _ type: UInt16, flagged: Bool = true, header: [UInt8] = [], _ body: (inout NetlinkAttributes) -> Void = { _ in }
    ) {
        let start = bytes.count
        append(type | (flagged ? Self.nestedFlag : 0), bytes: header)
        body(&self)
        let length = [UInt8](native: UInt16(truncatingIfNeeded: bytes.count - start))
        bytes.replaceSubrange(start..<start + 2, with: length)
    }

    private mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    /// The attributes in a payload, without the flags of their types. Reading stops at the first length that does
    /// not fit, so that a short or malformed answer yields less, never a wrong address.
    public static func parse(_ payload: ArraySlice<UInt8>) -> [(type: UInt16, value: ArraySlice<UInt8>)] {
        var result: [(UInt16, ArraySlice<UInt8>)] = []
        var rest = payload
        while rest.count >= 4 {
            let length = Int(rest.native(UInt16.self, at: 0))
            guard length >= 4, length <= rest.count else { break }
            let type = rest.native(UInt16.self, at: 2) & 0x3fff
            result.append((type, rest[rest.startIndex + 4..<rest.startIndex + length]))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return result
    }
}

extension [UInt8] {
    /// The bytes of an integer as this machine stores it.
    init(native value: some FixedWidthInteger) {
        self = Swift.withUnsafeBytes(of: value) { Array($0) }
    }

    mutating func append(native value: some FixedWidthInteger) {
        append(contentsOf: [UInt8](native: value))
    }
}

extension ArraySlice<UInt8> {
    /// The integer at an offset from the start of the slice; zero when the slice is too short.
    func native<Integer: FixedWidthInteger>(_: Integer.Type, at offset: Int) -> Integer {
        var value = Integer.zero
        let width = MemoryLayout<Integer>.size
        guard offset >= 0, count >= offset + width else { return 0 }
        let part = self[startIndex + offset..<startIndex + offset + width]
        Swift.withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: part) }
        return value
    }

    /// The text before the first NUL.
    var text: String { String(decoding: prefix { $0 != 0 }, as: UTF8.self) }
}
