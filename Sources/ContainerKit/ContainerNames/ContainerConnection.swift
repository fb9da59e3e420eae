import ContainerSystem

/// A container's connection over TCP: any number of questions, each after its length in two bytes (RFC 7766).
final class ContainerConnection {
    let container: ServedContainer
    let socket: Descriptor
    /// What has come of the next question.
    var incoming: [UInt8] = []
    /// What has still to be sent.
    var outgoing: [UInt8] = []
    /// Its questions that other servers are asked.
    var waiting = 0
    /// When it is closed for want of questions (`SteadyClock`).
    var deadline: UInt64
    /// The container asks no more, and waits for answers at most.
    var isEnding = false
    var isOpen = true

    init(_ container: ServedContainer, _ socket: Descriptor, deadline: UInt64) {
        self.container = container
        self.socket = socket
        self.deadline = deadline
    }
}
