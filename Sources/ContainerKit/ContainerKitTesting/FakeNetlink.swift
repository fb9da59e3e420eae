import ContainerNetworking
import ContainerSystem
import Synchronization

/// Links and firewalls without a kernel: records what it is sent, and answers from a script of canned datagrams, one
/// entry per transaction (netlink(7)). Sequence numbers in a script are those of the batch, from 1.
public final class FakeNetlink: Netlink {
    /// What one transaction is answered with; `.acknowledge` says yes to every message, as a script does at its end.
    public enum Answer: Sendable {
        case acknowledge
        case datagrams([[UInt8]])
    }

    private struct State {
        var script: [Answer]
        var requests: [NetlinkBatch] = []
    }

    private let state: Mutex<State>

    public init(_ script: [Answer] = []) { state = Mutex(State(script: script)) }

    /// What was sent, in order.
    public var requests: [NetlinkBatch] { state.withLock { $0.requests } }
    /// The operations of all requests, in words.
    public var operations: [String] { requests.flatMap(\.descriptions) }

    public func transact(_ batch: NetlinkBatch) throws(ContainerError) -> [NetlinkReply] {
        let answer = state.withLock { state in
            state.requests.append(batch)
            return state.script.isEmpty ? Answer.acknowledge : state.script.removeFirst()
        }
        let datagrams =
            switch answer {
            case .datagrams(let datagrams): datagrams
            case .acknowledge: (1...UInt32(batch.messageCount)).map { Self.acknowledgement($0) }
            }
        var collector = NetlinkReplyCollector(batch)
        for datagram in datagrams { try collector.consume(datagram[...]) }
        guard collector.isComplete else {
            throw ContainerError(.unavailable, "the script ends before the answer to \(batch.descriptions)")
        }
        return collector.replies
    }

    /// NLMSG_ERROR with errno 0 and the header of a request.
    private static func acknowledgement(_ sequence: UInt32) -> [UInt8] {
        NetlinkMessage(received: 2, flags: .init(rawValue: 0x100), payload: [UInt8](repeating: 0, count: 20))
            .encoded(sequence: sequence)
    }
}
