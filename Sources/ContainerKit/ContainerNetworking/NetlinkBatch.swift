import ContainerSystem

/// Messages that go to the kernel in one send, as bytes that another process can send for us.
///
/// The messages are numbered from 1 in `nlmsg_seq`. The kernel handles them in order and answers each on its own:
/// a failure does not stop those after it, except between the two ends of an nfnetlink batch, which is one
/// transaction.
public struct NetlinkBatch: Sendable, Equatable {
    public private(set) var bytes: [UInt8] = []
    /// Where in `bytes` the 32-bit id of the process, whose network namespace is meant, is to be written in the byte
    /// order of the machine.
    public private(set) var pidOffset: Int?
    /// One per message: the operation in words.
    public private(set) var descriptions: [String] = []
    public var messageCount: Int { descriptions.count }
    /// How many of the messages the kernel answers in any case.
    private(set) var answerCount = 0

    public init() {}

    public init(_ messages: [NetlinkMessage]) {
        for message in messages { append(message) }
    }

    public mutating func append(_ message: NetlinkMessage) {
        if let offset = message.pidOffset { pidOffset = bytes.count + NetlinkMessage.headerLength + offset }
        descriptions.append(message.description)
        if message.isDump || message.flags.contains(.acknowledge) { answerCount += 1 }
        bytes += message.encoded(sequence: UInt32(descriptions.count))
    }

    /// The bytes with the process id filled in.
    public func resolved(pid: Int32) -> NetlinkBatch {
        guard let pidOffset else { return self }
        var copy = self
        copy.bytes.replaceSubrange(pidOffset..<pidOffset + 4, with: [UInt8](native: pid))
        copy.pidOffset = nil
        return copy
    }

    /// The bytes with an open network namespace (`/proc/PID/ns/net`) filled in.
    /// - Parameter namespace: a descriptor that stays open until the batch is sent by this process.
    public func resolved(namespace: CInt) -> NetlinkBatch {
        guard let pidOffset else { return self }
        var copy = resolved(pid: namespace)
        // The attribute's type stands just before its value.
        let type = [UInt8](native: RouteMessage.LinkAttribute.namespaceDescriptor)
        copy.bytes.replaceSubrange(pidOffset - 2..<pidOffset, with: type)
        return copy
    }

    /// The error for a message that the kernel refused, when another process sent the batch.
    /// - Parameters:
    ///   - index: the message's place in the batch, from 0 (`nlmsg_seq` - 1).
    ///   - errno: the positive error number.
    ///   - text: the kernel's own words, when it gave some.
    public func error(at index: Int, errno: CInt, text: String? = nil) -> ContainerError {
        let operation = descriptions.indices.contains(index) ? descriptions[index] : "set up the network"
        return NetlinkFailure(errno: Errno(rawValue: errno), text: text).error(operation)
    }

    /// The same bytes with every sequence number raised by `base`.
    func numbered(from base: UInt32) -> [UInt8] {
        guard base != 0 else { return bytes }
        var copy = bytes
        var offset = 0
        while offset + NetlinkMessage.headerLength <= copy.count {
            let slice = copy[offset...]
            let sequence = slice.native(UInt32.self, at: 8) &+ base
            let length = Int(slice.native(UInt32.self, at: 0))
            copy.replaceSubrange(offset + 8..<offset + 12, with: [UInt8](native: sequence))
            offset += (length + 3) & ~3
        }
        return copy
    }
}
