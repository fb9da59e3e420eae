import ContainerSystem

/// A question that other servers are asked, one after the other.
final class ForwardedQuestion {
    let question: DNSQuestion
    /// As it came from the client.
    let message: [UInt8]
    let asker: Asker
    let servers: [SocketAddress]
    /// How many servers were asked before this one.
    var attempt = 0
    /// Of this attempt's own, so that its port is one that nobody can guess, and answers come from one server only.
    var socket: Descriptor?
    var id: UInt16 = 0
    /// When the next server is asked (`SteadyClock`).
    var deadline: UInt64 = 0
    /// Over TCP: what is still to be sent, and what has come; nil over UDP.
    var stream: (outgoing: [UInt8], incoming: [UInt8])?
    /// What a server said that could not help; the client gets it when no other can.
    var lastRefusal: [UInt8]?

    var container: ServedContainer { asker.container }

    init(_ question: DNSQuestion, _ message: [UInt8], asker: Asker, servers: [SocketAddress]) {
        self.question = question
        self.message = message
        self.asker = asker
        self.servers = servers
    }

    /// A single server is asked twice: a datagram may be lost.
    var attemptLimit: Int { max(2, servers.count) }
    var server: SocketAddress { servers[attempt % servers.count] }

    /// The question under the id of this attempt.
    var renumbered: [UInt8] {
        var bytes = message
        bytes.set(number: id, at: 0)
        return bytes
    }
}
