/// One netlink message: what follows `struct nlmsghdr` (linux/netlink.h), and what it is for.
public struct NetlinkMessage: Sendable, Equatable {
    /// Flags of requests and answers (NLM_F_*). Their bits mean different things in different requests.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        public static let request = Flags(rawValue: 0x1)
        public static let multipart = Flags(rawValue: 0x2)
        public static let acknowledge = Flags(rawValue: 0x4)
        /// The kernel's tables changed while it listed them (NLM_F_DUMP_INTR).
        public static let dumpInterrupted = Flags(rawValue: 0x10)
        /// List every object (NLM_F_ROOT and NLM_F_MATCH).
        public static let dump = Flags(rawValue: 0x300)
        /// Put the object in the place of one that is there.
        public static let replace = Flags(rawValue: 0x100)
        /// Fail when the object is there.
        public static let exclusive = Flags(rawValue: 0x200)
        public static let create = Flags(rawValue: 0x400)
        public static let append = Flags(rawValue: 0x800)
        /// In an answer: the kernel gives its reason in words (NLM_F_ACK_TLVS).
        public static let explained = Flags(rawValue: 0x200)
        /// In an answer: of the request only the header is repeated (NLM_F_CAPPED).
        public static let capped = Flags(rawValue: 0x100)
    }

    /// Length of `struct nlmsghdr`.
    static let headerLength = 16
    /// Types below 16 belong to netlink itself.
    static let errorType: UInt16 = 2
    static let doneType: UInt16 = 3

    public var type: UInt16
    public var flags: Flags
    /// The fixed header of the family and the attributes.
    public var payload: [UInt8]
    /// Where in `payload` a process id is to be filled in.
    public var pidOffset: Int?
    /// The operation in words, for the error that it may end in.
    public var description: String

    /// A request that is acknowledged.
    /// - Parameter header: the fixed structure of the family (ifinfomsg, nfgenmsg, ...).
    public init(
        _ description: String, type: UInt16, flags: Flags = [], header: [UInt8], attributes: NetlinkAttributes = .init()
    ) {
        self.description = description
        self.type = type
        self.flags = flags.union([.request, .acknowledge])
        self.payload = header + attributes.bytes
        self.pidOffset = attributes.pidOffset.map { $0 + header.count }
    }

    /// A message that came from the kernel.
    package init(received type: UInt16, flags: Flags, payload: [UInt8]) {
        self.type = type
        self.flags = flags
        self.payload = payload
        self.description = "answer \(type)"
    }

    /// The attributes after a fixed header of `length` bytes.
    public func attributes(after length: Int) -> [(type: UInt16, value: ArraySlice<UInt8>)] {
        NetlinkAttributes.parse(payload.dropFirst(length))
    }

    /// Whether it asks for a listing; such an answer ends with NLMSG_DONE in place of an acknowledgement.
    var isDump: Bool { flags.contains(.dump) }

    /// The message with its header.
    package func encoded(sequence: UInt32) -> [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(Self.headerLength + payload.count)
        bytes.append(native: UInt32(truncatingIfNeeded: Self.headerLength + payload.count))
        bytes.append(native: type)
        bytes.append(native: flags.rawValue)
        bytes.append(native: sequence)
        bytes.append(native: UInt32(0))
        bytes.append(contentsOf: payload)
        while bytes.count % 4 != 0 { bytes.append(0) }
        return bytes
    }

    /// Splits a datagram into its messages and their sequence numbers; a length that does not fit ends the list.
    package static func parse(_ datagram: ArraySlice<UInt8>) -> [(sequence: UInt32, message: NetlinkMessage)] {
        var result: [(UInt32, NetlinkMessage)] = []
        var rest = datagram
        while rest.count >= headerLength {
            let length = Int(rest.native(UInt32.self, at: 0))
            guard length >= headerLength, length <= rest.count else { break }
            let payload = rest[rest.startIndex + headerLength..<rest.startIndex + length]
            let message = NetlinkMessage(
                received: rest.native(UInt16.self, at: 4), flags: Flags(rawValue: rest.native(UInt16.self, at: 6)),
                payload: Array(payload))
            result.append((rest.native(UInt32.self, at: 8), message))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return result
    }
}
