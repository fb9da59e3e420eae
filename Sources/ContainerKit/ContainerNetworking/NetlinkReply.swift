import ContainerSystem
import Glibc

/// Why the kernel refused a request: the error number, and its own words where it has some (NETLINK_EXT_ACK).
public struct NetlinkFailure: Sendable, Equatable {
    public var errno: Errno
    public var text: String?

    public init(errno: Errno, text: String? = nil) {
        self.errno = errno
        self.text = text
    }

    /// Decodes the payload of an NLMSG_ERROR message (`struct nlmsgerr`); nil when it is an acknowledgement.
    init?(_ message: NetlinkMessage) {
        let payload = message.payload[...]
        let code = payload.native(Int32.self, at: 0)
        guard code != 0 else { return nil }
        errno = Errno(rawValue: code == .min ? EIO : abs(code))
        guard message.flags.contains(.explained) else { return }
        // After the error number stands the refused request: its header alone when "capped", else all of it.
        let requestLength = Int(payload.native(UInt32.self, at: 4))
        let skipped = message.flags.contains(.capped) ? NetlinkMessage.headerLength : requestLength
        guard skipped <= payload.count else { return }
        let attributes = NetlinkAttributes.parse(payload.dropFirst(4 + (skipped + 3) & ~3))
        // NLMSGERR_ATTR_MSG
        text = attributes.first { $0.type == 1 }?.value.text
    }

    /// The library's error for the operation that failed so.
    public func error(_ operation: String) -> ContainerError {
        var error = ContainerError(errno, operation)
        if let text { error.cause = "\(errno): \(text)" }
        return error
    }
}

/// What the kernel answered to one message of a batch.
public struct NetlinkReply: Sendable, Equatable {
    /// The operation in words.
    public var operation: String
    /// The objects that it sent back: one for a get, any number for a listing.
    public var messages: [NetlinkMessage] = []
    public var failure: NetlinkFailure?
    /// A listing that the kernel says may be inconsistent.
    public var wasInterrupted = false

    /// Throws the failure, except for error numbers that the caller takes for success.
    @discardableResult
    public func check(ignoring fine: CInt...) throws(ContainerError) -> [NetlinkMessage] {
        if let failure, !fine.contains(failure.errno.rawValue) { throw failure.error(operation) }
        return messages
    }
}

/// Sorts the datagrams that come back by the message of the batch that they answer.
public struct NetlinkReplyCollector: Sendable {
    /// The start of an nfnetlink transaction (NFNL_MSG_BATCH_BEGIN).
    static let transactionStart: UInt16 = 0x10
    /// More than a host's full routing table; a listing beyond it is refused.
    static let byteLimit = 64 << 20

    public private(set) var replies: [NetlinkReply]
    private var isOpen: [Bool]
    private var openCount: Int
    private let base: UInt32
    private let isTransaction: Bool
    private var byteCount = 0

    /// - Parameter base: what was added to the batch's sequence numbers when it was sent.
    public init(_ batch: NetlinkBatch, base: UInt32 = 0) {
        let messages = NetlinkMessage.parse(batch.bytes[...]).map(\.message)
        replies = batch.descriptions.map { NetlinkReply(operation: $0) }
        isOpen = messages.map { $0.isDump || $0.flags.contains(.acknowledge) }
        openCount = isOpen.count { $0 }
        isTransaction = messages.first?.type == Self.transactionStart
        self.base = base
    }

    public var isComplete: Bool { openCount == 0 }

    /// Takes in one datagram.
    /// - Throws: `exhausted` when the answers in total are larger than 64 MiB.
    public mutating func consume(_ datagram: ArraySlice<UInt8>) throws(ContainerError) {
        byteCount += datagram.count
        guard byteCount <= Self.byteLimit else {
            throw ContainerError(.exhausted, "read from netlink: the answer is larger than \(Self.byteLimit) bytes")
        }
        for (sequence, message) in NetlinkMessage.parse(datagram) {
            let index = Int(sequence &- base &- 1)
            // An answer to an earlier batch that was given up.
            guard replies.indices.contains(index) else { continue }
            if message.flags.contains(.dumpInterrupted) { replies[index].wasInterrupted = true }
            switch message.type {
            case NetlinkMessage.errorType:
                replies[index].failure = NetlinkFailure(message)
                close(index)
                // The kernel refused the transaction as a whole and says no more about the rest of it.
                if isTransaction, replies[index].failure.map({ index == 0 || $0.isOfAll }) ?? false { openCount = 0 }
            case NetlinkMessage.doneType:
                // A listing can fail half way; then its end carries the error number.
                replies[index].failure = NetlinkFailure(message)
                close(index)
            default:
                if message.type >= 16 { replies[index].messages.append(message) }
            }
        }
    }

    private mutating func close(_ index: Int) {
        guard isOpen[index] else { return }
        isOpen[index] = false
        openCount -= 1
    }
}

extension NetlinkFailure {
    /// What a transaction is refused for as a whole: another was faster, a signal, no memory. Kernels differ in which of its
    /// messages they say it of (6.1 the one after the first).
    fileprivate var isOfAll: Bool { [ERESTART, EINTR, ENOMEM].contains(errno.rawValue) }
}
