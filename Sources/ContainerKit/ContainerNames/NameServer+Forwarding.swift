import ContainerSystem
import Glibc

/// Questions about names that are none of ours go to the container's servers, from the host's own network.
extension NameServer {
    private static var forwardedLimit: Int { 128 }
    /// docker's.
    private static var totalForwardedLimit: Int { 1024 }
    /// Nanoseconds for one server; a resolver asks again after five seconds.
    private static var patience: UInt64 { 2_000_000_000 }
    private static var streamPatience: UInt64 { 4_000_000_000 }
    /// Wrong answers that are looked at in a row.
    private static var datagramLimit: Int { 16 }

    /// Asks for the answer to a question.
    /// - Returns: false when nobody may be asked, or nobody can.
    func forward(_ question: DNSQuestion, _ message: [UInt8], of asker: Asker) -> Bool {
        let container = asker.container
        guard let record = zone.record(of: container.id), record.mayAskOutside,
            container.questionCount < Self.forwardedLimit, forwarded.count < Self.totalForwardedLimit
        else { return false }
        let servers = record.servers.isEmpty ? hostServers.current() : HostServers.addresses(record.servers)
        if servers.isEmpty { return false }
        let pending = ForwardedQuestion(question, message, asker: asker, servers: servers)
        container.questionCount += 1
        if case .connection(let connection) = asker { connection.waiting += 1 }
        forwarded.append(pending)
        ask(pending)
        return true
    }

    /// Asks the server whose turn it is; those that cannot even be sent to are passed over.
    private func ask(_ pending: ForwardedQuestion, overStream: Bool = false) {
        close(pending)
        do throws(ContainerError) {
            let type = CInt(overStream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue)
            let flags = CInt(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let server = pending.server
            let socket = Descriptor(
                owning: try system("make a socket") { Glibc.socket(server.family, type | flags, 0) })
            let connected = server.with { connect(socket.raw, $0, $1) }
            if connected != 0, errno != EINPROGRESS { throw ContainerError(.current, "connect to a name server") }
            pending.id = UInt16.random(in: 0...UInt16.max)
            let bytes = pending.renumbered
            if overStream {
                var outgoing: [UInt8] = []
                outgoing.append(number: UInt16(truncatingIfNeeded: bytes.count))
                pending.stream = (outgoing + bytes, [])
            } else {
                try system("ask a name server") {
                    Glibc.send(socket.raw, bytes, bytes.count, CInt(MSG_NOSIGNAL))
                }
            }
            pending.socket = socket
            pending.deadline = SteadyClock.nanoseconds + (overStream ? Self.streamPatience : Self.patience)
            try poller.add(socket, overStream ? .writing : .reading) { [unowned self, unowned pending] readiness in
                handle(pending, readiness)
            }
        } catch {
            askNextServer(pending)
        }
    }

    func askNextServer(_ pending: ForwardedQuestion) {
        pending.attempt += 1
        if pending.attempt < pending.attemptLimit { return ask(pending) }
        if let refusal = pending.lastRefusal { return finish(pending, with: refusal) }
        let bytes = pending.message.withUnsafeBytes {
            DNSReply.answer(
                pending.question, in: $0, code: .failed, sizeLimit: pending.asker.sizeLimit(pending.question))
        }
        finish(pending, with: bytes)
    }

    private func handle(_ pending: ForwardedQuestion, _ readiness: Poller.Readiness) {
        guard let socket = pending.socket else { return }
        if pending.stream != nil { return handleStream(pending, socket, readiness) }
        for _ in 0..<Self.datagramLimit {
            let count = recv(socket.raw, buffer.baseAddress, Self.bufferSize, 0)
            if count < 0, [EAGAIN, EINTR].contains(errno) { return }
            if count < 0 { return askNextServer(pending) }
            if take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), for: pending) { return }
        }
    }

    private func handleStream(_ pending: ForwardedQuestion, _ socket: Descriptor, _ readiness: Poller.Readiness) {
        guard var stream = pending.stream else { return }
        defer { if pending.stream != nil { pending.stream = stream } }
        if readiness.canWrite, !stream.outgoing.isEmpty {
            let flags = CInt(MSG_NOSIGNAL)
            let count = Glibc.send(socket.raw, stream.outgoing, stream.outgoing.count, flags)
            if count < 0, ![EAGAIN, EINTR].contains(errno) { return askNextServer(pending) }
            if count > 0 { stream.outgoing.removeFirst(count) }
            if stream.outgoing.isEmpty { poller.change(socket, .reading) }
        }
        guard readiness.canRead else { return }
        let count = recv(socket.raw, buffer.baseAddress, Self.bufferSize, 0)
        if count < 0, [EAGAIN, EINTR].contains(errno) { return }
        if count <= 0 { return askNextServer(pending) }
        stream.incoming.append(contentsOf: buffer[..<count])
        guard stream.incoming.count >= 2 else { return }
        let size = Int(stream.incoming[0]) << 8 | Int(stream.incoming[1])
        guard stream.incoming.count >= 2 + size else { return }
        let isTaken = stream.incoming[2..<2 + size].withUnsafeBytes { take($0, for: pending) }
        if !isTaken { askNextServer(pending) }
    }

    /// Whether the matter is settled, or went to another server: false for what is no answer to this question.
    private func take(_ reply: UnsafeRawBufferPointer, for pending: ForwardedQuestion) -> Bool {
        guard pending.question.isAnswered(by: reply, id: pending.id) else { return false }
        let flags = reply.number(at: 2)
        let isTruncated = flags & 0x0200 != 0
        // A client that asked by datagrams learns that there is more, and comes again.
        if isTruncated, pending.stream == nil, case .connection = pending.asker {
            ask(pending, overStream: true)
            return true
        }
        let bytes = pending.message.withUnsafeBytes {
            DNSReply.passed(
                reply, to: pending.question, in: $0, sizeLimit: pending.asker.sizeLimit(pending.question))
        }
        // SERVFAIL and REFUSED are no word on the name.
        if [2, 5].contains(flags & 0xf) {
            pending.lastRefusal = bytes
            askNextServer(pending)
        } else {
            finish(pending, with: bytes)
        }
        return true
    }

    private func finish(_ pending: ForwardedQuestion, with bytes: [UInt8]) {
        forget(pending)
        send(bytes, to: pending.asker)
    }

    /// Takes a question off the list of those that wait.
    func forget(_ pending: ForwardedQuestion) {
        close(pending)
        guard let index = forwarded.firstIndex(where: { $0 === pending }) else { return }
        forwarded.swapAt(index, forwarded.count - 1)
        forwarded.removeLast()
        pending.container.questionCount -= 1
        if case .connection(let connection) = pending.asker { connection.waiting -= 1 }
    }

    private func close(_ pending: ForwardedQuestion) {
        if let socket = pending.socket { poller.remove(socket) }
        pending.socket = nil
        pending.stream = nil
    }
}

extension NameRecord {
    /// A container that is on internal networks alone has no way out, not even for questions, as docker's.
    var mayAskOutside: Bool { networks.isEmpty || networks.contains { !$0.isInternal } }
}
