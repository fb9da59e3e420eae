import CKLinux
import ContainerSystem
import Glibc

extension KernelNetwork {
    /// Takes a port and gives it back (bind(2)).
    public func findPort(_ transport: PublishedPort.Transport, _ address: IPAddress, _ port: UInt16)
        throws(ContainerError) -> UInt16
    {
        let kind = transport == .udp ? SOCK_DGRAM : SOCK_STREAM
        let family = address.isIPv6 ? AF_INET6 : AF_INET
        let raw = socket(
            family, CInt(kind.rawValue) | CInt(SOCK_CLOEXEC.rawValue),
            transport == .sctp ? CInt(IPPROTO_SCTP) : 0)
        // A kernel that has no SCTP has nobody who listens.
        if raw < 0, transport == .sctp { return port == 0 ? UInt16.random(in: 49153...65535) : port }
        let socket = Descriptor(owning: try system("look at the host's ports") { raw })
        var one: CInt = 1
        // As a server does: connections of the last one that are on their way out are not in the way.
        if transport != .udp {
            setsockopt(socket.raw, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
        }
        if address.isIPv6 {
            setsockopt(socket.raw, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &one, socklen_t(MemoryLayout<CInt>.size))
        }
        var failed = Self.withAddress(address, port) { Glibc.bind(socket.raw, $0, $1) } < 0
        // Only now is a listener of the same kind in the way.
        if !failed, transport != .udp { failed = listen(socket.raw, 1) < 0 }
        if failed {
            let cause = errno
            let place = address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
            if cause == EADDRNOTAVAIL {
                throw ContainerError(
                    .invalidArgument, "publish on \(place): it is no address of the host", hint: "`ip addr` lists them")
            }
            throw ContainerError(
                cause == EADDRINUSE ? .conflict : .systemFailure,
                "failed to bind host port for \(place)/\(transport)",
                cause: cause == EADDRINUSE ? "a process of the host listens there" : Errno(rawValue: cause).description,
                hint: "choose another port, or stop what listens there (ss -lnp shows it)")
        }
        if port != 0 { return port }
        var bound = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &bound) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket.raw, $0, &size) }
        }
        // The port is at the same place in both kinds (ip(7), ipv6(7)).
        return withUnsafeBytes(of: &bound) { UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
    }

    private static func withAddress(
        _ address: IPAddress, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var storage = sockaddr_storage()
        let size: Int
        let bytes = address.bytes
        if address.isIPv6 {
            var six = sockaddr_in6()
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &six.sin6_addr) { $0.copyBytes(from: bytes) }
            size = MemoryLayout<sockaddr_in6>.size
            withUnsafeMutableBytes(of: &storage) { to in withUnsafeBytes(of: &six) { to.copyMemory(from: $0) } }
        } else {
            var four = sockaddr_in()
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &four.sin_addr) { $0.copyBytes(from: bytes) }
            size = MemoryLayout<sockaddr_in>.size
            withUnsafeMutableBytes(of: &storage) { to in withUnsafeBytes(of: &four) { to.copyMemory(from: $0) } }
        }
        return withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(size)) }
        }
    }
}
