import ContainerSystem
import Glibc
import Synchronization

/// A netlink socket (netlink(7)). It belongs to the network namespace of the thread that opened it; transactions of
/// several threads take turns.
public final class NetlinkSocket: Netlink {
    /// The kernel's side of the conversation.
    public enum Family: CInt, Sendable {
        /// Links, addresses and routes (rtnetlink(7)).
        case route = 0
        /// nf_tables and its kin (nfnetlink).
        case netfilter = 12
    }

    /// As many acknowledgements as the smallest receive buffer holds.
    static let messageLimit = 128
    /// The kernel fills a listing's datagrams up to 32 KiB.
    private static let bufferLength = 64 << 10
    /// What every socket may send at once, in bytes.
    private static let usualBatch = 64 << 10
    private static let addressFamily: CInt = 16  // AF_NETLINK

    private let descriptor: Descriptor
    /// The last sequence number used; guards the conversation too.
    private let sequence = Mutex<UInt32>(0)

    /// - Throws: `ContainerError`: `unsupported` when the kernel lacks the family.
    public init(_ family: Family) throws(ContainerError) {
        let raw = socket(Self.addressFamily, CInt(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), family.rawValue)
        guard raw >= 0 else {
            let failure = Errno.current
            if failure.rawValue == EPROTONOSUPPORT || failure.rawValue == EAFNOSUPPORT {
                throw ContainerError(
                    .unsupported, "open a netlink socket (\(family)): the kernel has none", cause: failure.description,
                    hint: "use --network host or --network none")
            }
            throw ContainerError(failure, "open a netlink socket (\(family))")
        }
        descriptor = Descriptor(owning: raw)
        // Both are there since Linux 4.12; without them errors are only less talkative.
        var one: CInt = 1
        let netlinkLevel: CInt = 270
        for option: CInt in [10, 11] {  // NETLINK_CAP_ACK, NETLINK_EXT_ACK
            setsockopt(raw, netlinkLevel, option, &one, socklen_t(MemoryLayout<CInt>.size))
        }
        // The kernel answers within the send; the limit only keeps a lost answer from hanging the caller.
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    public func transact(_ batch: NetlinkBatch) throws(ContainerError) -> [NetlinkReply] {
        guard batch.messageCount > 0 else { return [] }
        guard batch.answerCount <= Self.messageLimit else {
            throw ContainerError(
                .invalidArgument,
                "send to netlink: \(batch.answerCount) messages that are answered, at most \(Self.messageLimit) fit")
        }
        return try sequence.withLock { (last) throws(ContainerError) in
            let base = last
            last &+= UInt32(batch.messageCount)
            return try converse(batch, base: base)
        }
    }

    private func converse(_ batch: NetlinkBatch, base: UInt32) throws(ContainerError) -> [NetlinkReply] {
        let bytes = batch.numbered(from: base)
        let operation = batch.descriptions[0]
        if bytes.count > Self.usualBatch {
            // A thousand published ports at once; without the right to have the room, the send says so.
            var room = CInt(clamping: bytes.count * 2)
            setsockopt(descriptor.raw, SOL_SOCKET, SO_SNDBUFFORCE, &room, socklen_t(MemoryLayout<CInt>.size))
        }
        // Without an address the message goes to the kernel.
        try system("\(operation): send to netlink") { send(descriptor.raw, bytes, bytes.count, 0) }
        var collector = NetlinkReplyCollector(batch, base: base)
        // What is read of it, the kernel has written.
        var buffer = [UInt8](unsafeUninitializedCapacity: Self.bufferLength) { _, count in count = Self.bufferLength }
        while !collector.isComplete {
            let count = try receive(into: &buffer, operation)
            try collector.consume(buffer[..<count])
        }
        return collector.replies
    }

    /// One datagram of the kernel.
    private func receive(into buffer: inout [UInt8], _ operation: String) throws(ContainerError) -> Int {
        while true {
            // struct sockaddr_nl: family, padding, port id, groups.
            var sender: (UInt16, UInt16, UInt32, UInt32) = (0, 0, 0, 0)
            var length = socklen_t(MemoryLayout.size(ofValue: sender))
            let count = try system("\(operation): receive from netlink") {
                withUnsafeMutableBytes(of: &sender) {
                    recvfrom(
                        descriptor.raw, &buffer, buffer.count, CInt(MSG_TRUNC),
                        $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
                }
            }
            guard count <= buffer.count else {
                throw ContainerError(
                    .systemFailure, "\(operation): an answer of \(count) bytes, at most \(buffer.count) were expected")
            }
            // Port 0 is the kernel; nobody else has a say here.
            if sender.2 == 0 { return count }
        }
    }
}
