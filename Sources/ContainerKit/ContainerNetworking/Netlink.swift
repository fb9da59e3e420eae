import ContainerSystem

/// A way to the kernel's network configuration (netlink(7)). The seam for tests: what crosses it are the bytes.
public protocol Netlink: Sendable {
    /// Sends the batch and waits for the answer to each of its messages, in the batch's order. Refusals of single
    /// messages are in the replies.
    /// - Throws: `ContainerError` when the conversation as a whole failed.
    func transact(_ batch: NetlinkBatch) throws(ContainerError) -> [NetlinkReply]
}

extension Netlink {
    /// Sends one message and gives back what it answered with, or throws its refusal.
    @discardableResult
    public func transact(_ message: NetlinkMessage) throws(ContainerError) -> [NetlinkMessage] {
        let replies = try transact(NetlinkBatch([message]))
        return try replies.first?.check() ?? []
    }

    /// A consistent listing: asks again when the kernel's tables changed under it.
    public func list(_ batch: NetlinkBatch) throws(ContainerError) -> [NetlinkReply] {
        for _ in 0..<10 {
            let replies = try transact(batch)
            if !replies.contains(where: \.wasInterrupted) { return replies }
        }
        throw ContainerError(
            .unavailable, "\(batch.descriptions.joined(separator: ", ")): the kernel's tables kept changing",
            hint: "try again")
    }
}
