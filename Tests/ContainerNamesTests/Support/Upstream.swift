import CKLinux
import ContainerSystem
import Glibc
import Synchronization

@testable import ContainerNames

/// A name server of the test's own on port 53 of a loopback address, over UDP and TCP, in some network namespace.
final class Upstream: Sendable {
    /// What it answers to a question; nothing, one message or several.
    typealias Behaviour = @Sendable (_ question: DNSQuestion, _ message: [UInt8], _ isStream: Bool) -> [[UInt8]]

    private let datagrams: Descriptor
    private let streams: Descriptor
    private let behaviour: Behaviour
    private let state = Mutex<(isStopped: Bool, asked: [String])>((false, []))

    /// The questions that came, as `udp NAME` and `tcp NAME`.
    var asked: [String] { state.withLock { $0.asked } }

    /// Must be made in the network namespace that it is to serve in.
    init(_ address: String, _ behaviour: @escaping Behaviour) throws {
        guard let place = SocketAddress(address, port: 53) else { throw ContainerError(.invalidArgument, address) }
        func open(_ type: UInt32) throws -> Descriptor {
            let raw = try system("socket") { socket(place.family, CInt(type | SOCK_CLOEXEC.rawValue), 0) }
            var one: CInt = 1
            setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
            try system("bind \(address)") { place.with { bind(raw, $0, $1) } }
            return Descriptor(owning: raw)
        }
        datagrams = try open(SOCK_DGRAM.rawValue)
        let streams = try open(SOCK_STREAM.rawValue)
        self.streams = streams
        try system("listen") { listen(streams.raw, 16) }
        self.behaviour = behaviour
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Upstream>.fromOpaque(argument).takeRetainedValue().serve()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_detach(thread)
    }

    func stop() { state.withLock { $0.isStopped = true } }

    private func serve() {
        while !state.withLock({ $0.isStopped }) {
            var waits = [
                pollfd(fd: datagrams.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: streams.raw, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&waits, 2, 50) > 0 else { continue }
            if waits[0].revents != 0 { serveDatagram() }
            if waits[1].revents != 0 { serveStream() }
        }
    }

    private func serveDatagram() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var client = SocketAddress.empty
        let count = client.fill { recvfrom(datagrams.raw, &buffer, 4096, 0, $0, $1) }
        guard count > 0 else { return }
        for reply in answers(Array(buffer[..<count]), isStream: false) {
            _ = client.with { sendto(datagrams.raw, reply, reply.count, 0, $0, $1) }
        }
    }

    private func serveStream() {
        let raw = accept(streams.raw, nil, nil)
        guard raw >= 0 else { return }
        let connection = Descriptor(owning: raw)
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(connection.raw, &buffer, 4096, 0)
        guard count > 2 else { return }
        for reply in answers(Array(buffer[2..<count]), isStream: true) {
            // In pieces, as a network may deliver it.
            let bytes = Message.numbers(UInt16(reply.count)) + reply
            for piece in [bytes[..<1], bytes[1..<min(20, bytes.count)], bytes[min(20, bytes.count)...]] {
                let piece = Array(piece)
                send(connection.raw, piece, piece.count, CInt(MSG_NOSIGNAL))
                usleep(2000)
            }
        }
    }

    private func answers(_ message: [UInt8], isStream: Bool) -> [[UInt8]] {
        guard let question = try? message.raw({ try DNSQuestion($0) }) else { return [] }
        let name = question.name.labels.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
        state.withLock { $0.asked.append((isStream ? "tcp " : "udp ") + name) }
        return behaviour(question, message, isStream)
    }

    /// Answers everything with the same addresses.
    static func answering(_ addresses: [String]) -> Behaviour {
        { question, message, _ in [answer(question, message, addresses)] }
    }

    /// An answer with addresses.
    static func answer(
        _ question: DNSQuestion, _ message: [UInt8], _ addresses: [String], code: DNSReply.Code = .none,
        sizeLimit: Int = 65535
    ) -> [UInt8] {
        message.raw {
            DNSReply.answer(
                question, in: $0, code: code, records: addresses.compactMap { HostAddress($0) }.map { .init($0) },
                sizeLimit: sizeLimit)
        }
    }

    static func code(_ code: UInt8, _ message: [UInt8]) -> [UInt8] {
        var reply = message
        reply[2] |= 0x80
        reply[3] = code
        return reply
    }
}
