import ContainerSystem
import Glibc

/// Who asked, and how an answer gets there.
enum Asker {
    case datagram(ServedContainer, SocketAddress)
    case connection(ContainerConnection)

    var container: ServedContainer {
        switch self {
        case .datagram(let container, _): container
        case .connection(let connection): connection.container
        }
    }

    /// Of an answer, in bytes.
    func sizeLimit(_ question: DNSQuestion) -> Int {
        switch self {
        case .datagram: question.sizeLimit
        case .connection: Int(UInt16.max)
        }
    }
}

extension NameServer {
    /// Of one container's in a row, before others have their turn.
    private static var datagramLimit: Int { 64 }
    /// More than a question with every option of EDNS takes.
    static var questionSizeLimit: Int { 4096 }

    func readDatagrams(_ container: ServedContainer) {
        for _ in 0..<Self.datagramLimit {
            var client = SocketAddress.empty
            let count = client.fill {
                recvfrom(
                    container.datagrams.raw, buffer.baseAddress, Self.questionSizeLimit, CInt(MSG_TRUNC), $0, $1)
            }
            if count < 0 { return }
            guard count <= Self.questionSizeLimit else { continue }
            answer(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: .datagram(container, client))
        }
    }

    /// Answers a message, or has it answered.
    func answer(_ message: UnsafeRawBufferPointer, to asker: Asker) {
        let question: DNSQuestion
        do throws(DNSQuestion.Refusal) { question = try DNSQuestion(message) } catch {
            if case .answered(let code) = error { send(DNSReply.refusal(code, of: message), to: asker) }
            return
        }
        func reply(_ code: DNSReply.Code, _ records: [DNSReply.Record] = []) {
            let bytes = DNSReply.answer(
                question, in: message, code: code, records: records, sizeLimit: asker.sizeLimit(question))
            send(bytes, to: asker)
        }
        if let version = question.extensionVersion, version != 0 { return reply(.badVersion) }
        switch zone.find(question, by: asker.container.id) {
        case .records(let records): reply(.none, records)
        case .unknown:
            if !forward(question, Array(message), of: asker) { reply(.failed) }
        }
    }

    func send(_ bytes: [UInt8], to asker: Asker) {
        switch asker {
        case .datagram(let container, let client):
            // A client that has no room, or has gone, asks again when it wants an answer.
            _ = client.with { sendto(container.datagrams.raw, bytes, bytes.count, CInt(MSG_NOSIGNAL), $0, $1) }
        case .connection(let connection): write(bytes, to: connection)
        }
    }
}
