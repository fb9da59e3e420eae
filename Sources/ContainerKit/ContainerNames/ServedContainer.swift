import CKLinux
import ContainerSystem
import Glibc

/// A container that is served: its process, and the sockets in its network namespace that it asks at.
final class ServedContainer {
    private static let backlog: CInt = 16

    let id: String
    let pid: Int32
    /// The container's first process (pidfd_open(2)). What is kept open in its network namespace keeps that alive, so that
    /// it has to be let go of when the process ends.
    let process: Descriptor
    let datagrams: Descriptor
    let streams: Descriptor
    /// How many connections it has open, and how many of its questions are with other servers.
    var connectionCount = 0
    var questionCount = 0

    /// Opens the sockets in the network namespace of a process, and comes back.
    /// - Parameters:
    ///   - home: the calling thread's own network namespace.
    ///   - followsAnother: whether a server before this one may have served the same process.
    /// - Throws: `ContainerError`: `notFound` when the process has gone, `invalidArgument` when it has no network
    ///   namespace of its own.
    init(id: String, pid: Int32, home: Descriptor, followsAnother: Bool) throws(ContainerError) {
        self.id = id
        self.pid = pid
        let raw = ck_pidfd_open(pid, 0)
        if raw < 0 { throw ContainerError(.current, "serve names to process \(pid)") }
        let process = Descriptor(owning: raw)
        self.process = process
        (datagrams, streams) = try Self.inside(process, home) { () throws(ContainerError) in
            if Self.isSame(home) {
                throw ContainerError(.invalidArgument, "serve names to process \(pid): it has the host's network")
            }
            return try Self.openSockets(followsAnother: followsAnother)
        }
    }

    /// Takes away what was changed in the container's network namespace besides the sockets.
    func undo(home: Descriptor) {
        try? Self.inside(process, home) { () throws(ContainerError) in try Redirection.remove() }
    }

    private static func inside<Value>(
        _ process: Descriptor, _ home: Descriptor, _ body: () throws(ContainerError) -> Value
    ) throws(ContainerError) -> Value {
        try system("enter a container's network namespace") { setns(process.raw, CK_CLONE_NEWNET) }
        defer {
            // Nothing may be done from the wrong place.
            if setns(home.raw, CK_CLONE_NEWNET) != 0 { _exit(1) }
        }
        return try body()
    }

    private static func isSame(_ home: Descriptor) -> Bool {
        var (here, there) = (stat(), stat())
        return stat("/proc/thread-self/ns/net", &here) == 0 && fstat(home.raw, &there) == 0
            && here.st_ino == there.st_ino
    }

    typealias Redirect = (_ ports: Redirection.Ports, HostAddress) throws(ContainerError) -> Void

    /// The sockets of the calling thread's network namespace, for UDP and TCP.
    /// - Parameter followsAnother: whether a server before this one may have left its rules there.
    static func openSockets(followsAnother: Bool = false, redirect: Redirect = Redirection.install)
        throws(ContainerError) -> (Descriptor, Descriptor)
    {
        guard let address = HostAddress(NameServerClient.address) else {
            throw ContainerError(.invalidArgument, "serve names at \(NameServerClient.address)")
        }
        try raiseLoopback()
        func pair(_ ports: Redirection.Ports) throws(ContainerError) -> (Descriptor, Descriptor) {
            let datagrams = try open(.datagram, SocketAddress(address, port: ports.datagrams))
            return (datagrams, try open(.stream, SocketAddress(address, port: ports.streams)))
        }
        if followsAnother, let ports = Redirection.present(), let sockets = try? pair(ports) { return sockets }
        do throws(ContainerError) {
            let sockets = try pair(.init(datagrams: 0, streams: 0))
            try redirect(.init(datagrams: port(of: sockets.0), streams: port(of: sockets.1)), address)
            return sockets
        } catch {
            // Without nf_tables: port 53 itself, which the container's own programs cannot have then.
            guard let sockets = try? pair(.init(datagrams: 53, streams: 53)) else { throw error }
            return sockets
        }
    }

    /// The container does the same in its own time; before that no address of the interface is there to bind to
    /// (netdevice(7)).
    private static func raiseLoopback() throws(ContainerError) {
        let socket = Descriptor(
            owning: try system("open a socket in a container") {
                Glibc.socket(AF_INET, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            })
        // struct ifreq: the name, then the flags
        var request = [UInt8](repeating: 0, count: 40)
        request.replaceSubrange(0..<2, with: "lo".utf8)
        let (setFlags, isUp): (UInt, UInt8) = (0x8914, 1)  // SIOCSIFFLAGS, IFF_UP
        request[16] = isUp
        try system("raise the loopback interface of a container") { ioctl(socket.raw, setFlags, &request) }
    }

    private enum Kind: UInt32 {
        case datagram, stream
        var type: CInt { CInt(self == .datagram ? SOCK_DGRAM.rawValue : SOCK_STREAM.rawValue) }
    }

    private static func open(_ kind: Kind, _ address: SocketAddress) throws(ContainerError) -> Descriptor {
        let flags = CInt(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let operation = "open a socket in a container"
        let socket = Descriptor(owning: try system(operation) { Glibc.socket(AF_INET, kind.type | flags, 0) })
        // Connections of a server that was killed are no reason to take another port.
        var one: CInt = 1
        if kind == .stream {
            setsockopt(socket.raw, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
        }
        try system(operation) { address.with { bind(socket.raw, $0, $1) } }
        if kind == .stream { try system(operation) { listen(socket.raw, backlog) } }
        return socket
    }

    static func port(of socket: Descriptor) -> UInt16 {
        var address = SocketAddress.empty
        _ = address.fill { getsockname(socket.raw, $0, $1) }
        return address.port
    }
}
