import ContainerSystem
import Glibc

@testable import ContainerNetworking

/// A UDP socket of the network namespace that it was made in.
struct Datagrams {
    private let descriptor: Descriptor
    private let isIPv6: Bool
    let port: UInt16

    /// - Parameter address: nil is every address.
    init(_ address: String? = nil, port: UInt16 = 0, isIPv6: Bool = false) throws {
        let family = isIPv6 ? AF_INET6 : AF_INET
        let raw = try system("socket") { socket(family, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
        descriptor = Descriptor(owning: raw)
        self.isIPv6 = isIPv6
        var alone: CInt = 1
        if isIPv6 { setsockopt(raw, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &alone, socklen_t(MemoryLayout<CInt>.size)) }
        let own = try address.map { try IPAddress($0) } ?? (isIPv6 ? .v6(IPv6Address(0)) : .v4(IPv4Address(0)))
        var bytes = SocketAddress.bytes(own, port)
        var length = socklen_t(bytes.count)
        try system("bind") { SocketAddress.with(&bytes) { bind(raw, $0, length) } }
        try system("getsockname") { SocketAddress.with(&bytes) { getsockname(raw, $0, &length) } }
        self.port = SocketAddress.parse(bytes).port
    }

    func send(_ text: String, to address: String, _ port: UInt16) throws {
        var target = SocketAddress.bytes(try IPAddress(address), port)
        let bytes = Array(text.utf8)
        let length = socklen_t(target.count)
        try system("send to \(address)") {
            SocketAddress.with(&target) { sendto(descriptor.raw, bytes, bytes.count, 0, $0, length) }
        }
    }

    /// Waits for a datagram for at most five seconds.
    func receive(milliseconds: Int = 5000) throws -> (text: String, sender: String, port: UInt16) {
        var patience = timeval(
            tv_sec: milliseconds / 1000, tv_usec: max(milliseconds % 1000 * 1000, milliseconds == 0 ? 1 : 0))
        setsockopt(descriptor.raw, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var sender = SocketAddress.bytes(isIPv6 ? .v6(IPv6Address(0)) : .v4(IPv4Address(0)), 0)
        var length = socklen_t(sender.count)
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = try system("receive on port \(port)") {
            SocketAddress.with(&sender) { recvfrom(descriptor.raw, &buffer, buffer.count, 0, $0, &length) }
        }
        let from = SocketAddress.parse(sender)
        return (String(decoding: buffer[..<count], as: UTF8.self), from.address, from.port)
    }

    /// Whether nothing comes within a time that would do for anything that does.
    var isQuiet: Bool { (try? receive(milliseconds: 250)) == nil }
}

/// `struct sockaddr_in` and `sockaddr_in6` as bytes.
enum SocketAddress {
    static func bytes(_ address: IPAddress, _ port: UInt16) -> [UInt8] {
        let start = [UInt8](native: UInt16(address.isIPv6 ? AF_INET6 : AF_INET)) + [UInt8](native: port.bigEndian)
        return address.isIPv6
            ? start + [0, 0, 0, 0] + address.bytes + [0, 0, 0, 0]
            : start + address.bytes + [UInt8](repeating: 0, count: 8)
    }

    static func parse(_ bytes: [UInt8]) -> (address: String, port: UInt16) {
        let isIPv6 = bytes[...].native(UInt16.self, at: 0) == UInt16(AF_INET6)
        let address = IPAddress(bytes: isIPv6 ? bytes[8..<24] : bytes[4..<8])
        return (address?.description ?? "?", UInt16(bigEndian: bytes[...].native(UInt16.self, at: 2)))
    }

    static func with<Result>(_ bytes: inout [UInt8], _ body: (UnsafeMutablePointer<sockaddr>) -> Result) -> Result {
        bytes.withUnsafeMutableBytes { body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self)) }
    }
}
