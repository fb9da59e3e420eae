import ContainerSystem
import Glibc

extension NameServer {
    private static var connectionLimit: Int { 16 }
    private static var totalConnectionLimit: Int { 512 }
    /// Nanoseconds without a question.
    private static var patience: UInt64 { 10_000_000_000 }
    /// Of answers that a client does not take.
    private static var outgoingLimit: Int { 1 << 18 }

    func accept(_ container: ServedContainer) {
        let raw = Glibc.accept(container.streams.raw, nil, nil)
        guard raw >= 0 else { return }
        let socket = Descriptor(owning: raw)
        guard container.connectionCount < Self.connectionLimit, connections.count < Self.totalConnectionLimit,
            fcntl(raw, F_SETFD, FD_CLOEXEC) == 0, fcntl(raw, F_SETFL, O_NONBLOCK) == 0
        else { return }
        let connection = ContainerConnection(
            container, socket, deadline: SteadyClock.nanoseconds + Self.patience)
        let watched: Void? = try? poller.add(socket, .reading) { [unowned self, unowned connection] readiness in
            if readiness.canWrite { flush(connection) }
            if readiness.canRead, connection.isOpen { read(connection) }
        }
        guard watched != nil else { return }
        container.connectionCount += 1
        connections.append(connection)
    }

    func close(_ connection: ContainerConnection) {
        guard connection.isOpen else { return }
        connection.isOpen = false
        poller.remove(connection.socket)
        connection.container.connectionCount -= 1
        if let index = connections.firstIndex(where: { $0 === connection }) {
            connections.swapAt(index, connections.count - 1)
            connections.removeLast()
        }
    }

    private func read(_ connection: ContainerConnection) {
        if connection.isEnding { return close(connection) }
        let count = recv(connection.socket.raw, buffer.baseAddress, Self.questionSizeLimit, 0)
        if count < 0, [EAGAIN, EINTR].contains(errno) { return }
        if count < 0 { return close(connection) }
        if count == 0 {
            connection.isEnding = true
            return settle(connection)
        }
        connection.incoming.append(contentsOf: buffer[..<count])
        takeQuestions(connection)
    }

    private func takeQuestions(_ connection: ContainerConnection) {
        var start = 0
        let bytes = connection.incoming
        while connection.isOpen, bytes.count - start >= 2 {
            let size = Int(bytes[start]) << 8 | Int(bytes[start + 1])
            guard size <= Self.questionSizeLimit else { return close(connection) }
            guard bytes.count - start - 2 >= size else { break }
            let question = bytes[start + 2..<start + 2 + size]
            start += 2 + size
            connection.deadline = SteadyClock.nanoseconds + Self.patience
            question.withUnsafeBytes { answer($0, to: .connection(connection)) }
        }
        if start > 0 { connection.incoming.removeFirst(start) }
    }

    func write(_ bytes: [UInt8], to connection: ContainerConnection) {
        guard connection.isOpen else { return }
        connection.outgoing.append(number: UInt16(truncatingIfNeeded: bytes.count))
        connection.outgoing.append(contentsOf: bytes)
        flush(connection)
        if connection.outgoing.count > Self.outgoingLimit { close(connection) }
    }

    private func flush(_ connection: ContainerConnection) {
        guard connection.isOpen, !connection.outgoing.isEmpty else { return }
        let flags = CInt(MSG_NOSIGNAL)
        let count = Glibc.send(connection.socket.raw, connection.outgoing, connection.outgoing.count, flags)
        if count < 0, ![EAGAIN, EINTR].contains(errno) { return close(connection) }
        if count > 0 { connection.outgoing.removeFirst(count) }
        settle(connection)
    }

    /// Closes a connection that has nothing left to do, or watches it for what is left.
    func settle(_ connection: ContainerConnection) {
        let hasOutput = !connection.outgoing.isEmpty
        if connection.isEnding, !hasOutput, connection.waiting == 0 { return close(connection) }
        switch (connection.isEnding, hasOutput) {
        case (false, false): poller.change(connection.socket, .reading)
        case (false, true): poller.change(connection.socket, .both)
        case (true, true): poller.change(connection.socket, .writing)
        case (true, false): poller.change(connection.socket, .neither)
        }
    }
}
