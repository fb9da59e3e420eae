import ContainerSystem
import Glibc

@testable import ContainerNetworking

/// A UDP socket of the network namespace that it was made in.
struct Datagrams {
    private let descriptor: Descriptor
    let port: UInt16

    init() throws {
        let raw = try system("socket") { socket(AF_INET, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
        descriptor = Descriptor(owning: raw)
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try system("bind") { Self.generic(&address) { bind(raw, $0, length) } }
        try system("getsockname") { Self.generic(&address) { getsockname(raw, $0, &length) } }
        port = UInt16(bigEndian: address.sin_port)
    }

    func send(_ text: String, to address: String, _ port: UInt16) throws {
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        target.sin_addr.s_addr = try IPv4Address(address).value.bigEndian
        let bytes = Array(text.utf8)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try system("send to \(address)") {
            Self.generic(&target) { sendto(descriptor.raw, bytes, bytes.count, 0, $0, length) }
        }
    }

    func receive() throws -> (text: String, sender: String, port: UInt16) {
        var sender = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = try system("receive on port \(port)") {
            Self.generic(&sender) { recvfrom(descriptor.raw, &buffer, buffer.count, 0, $0, &length) }
        }
        return (
            String(decoding: buffer[..<count], as: UTF8.self),
            IPv4Address(UInt32(bigEndian: sender.sin_addr.s_addr)).description, UInt16(bigEndian: sender.sin_port)
        )
    }

    private static func generic<Result>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0) }
        }
    }
}
