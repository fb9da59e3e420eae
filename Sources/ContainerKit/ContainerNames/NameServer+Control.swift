import CKLinux
import ContainerSystem
import Glibc

/// What launchers and the engine ask for.
extension NameServer {
    /// As many containers as may be on their way at once; more wait to be let in.
    private static var controlLimit: Int { 4096 }

    func acceptControl() {
        guard let listener, controlClients.count < Self.controlLimit else { return }
        let raw = Glibc.accept(listener.raw, nil, nil)
        guard raw >= 0 else { return }
        let client = Descriptor(owning: raw)
        guard fcntl(raw, F_SETFD, FD_CLOEXEC) == 0, fcntl(raw, F_SETFL, O_NONBLOCK) == 0,
            NameServerProtocol.isTrusted(client)
        else { return }
        let watched: Void? = try? poller.add(client, .reading) { [unowned self, unowned client] _ in
            readControl(client)
        }
        guard watched != nil else { return }
        controlClients[raw] = client
        if controlClients.count == Self.controlLimit { poller.change(listener, .neither) }
    }

    private func readControl(_ client: Descriptor) {
        let count = recv(client.raw, buffer.baseAddress, NameServerProtocol.sizeLimit, CInt(MSG_TRUNC))
        if count < 0, [EAGAIN, EINTR].contains(errno) { return }
        guard count > 0, count <= NameServerProtocol.sizeLimit,
            let request = NameServerProtocol.Request(String(decoding: buffer[..<count], as: UTF8.self))
        else { return end(client) }
        let answer = Array(carryOut(request).utf8.prefix(NameServerProtocol.sizeLimit))
        if Glibc.send(client.raw, answer, answer.count, CInt(MSG_NOSIGNAL)) < 0 { end(client) }
    }

    private func carryOut(_ request: NameServerProtocol.Request) -> String {
        switch request {
        case .hello: break
        case .remove(let id): remove(id)
        case .add(let id, let pid):
            do throws(ContainerError) { try add(id, pid: pid) } catch { return "error \(error.description.printable)" }
        }
        return NameServerProtocol.ok
    }

    private func end(_ client: Descriptor) {
        poller.remove(client)
        controlClients[client.raw] = nil
        if let listener, controlClients.count == Self.controlLimit - 1 { poller.change(listener, .reading) }
    }
}
