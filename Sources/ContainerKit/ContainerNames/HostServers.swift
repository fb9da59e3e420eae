import ContainerNetworking
import ContainerSystem
import Glibc

/// The servers that the host itself asks, read again when its resolv.conf(5) has changed.
struct HostServers {
    /// As many as a resolver takes (MAXNS of resolv.h).
    static let countLimit = 3
    private static let sizeLimit = 1 << 16

    private let path: String
    private var seen = stat()
    private var servers: [SocketAddress] = []

    init(path: String = "/etc/resolv.conf") { self.path = path }

    /// As of now; none when the file has none, or is not there.
    mutating func current() -> [SocketAddress] {
        var now = stat()
        if stat(path, &now) != 0 { now = stat() }
        if now.st_ino != seen.st_ino || now.st_dev != seen.st_dev || now.st_size != seen.st_size
            || now.st_mtim.tv_sec != seen.st_mtim.tv_sec || now.st_mtim.tv_nsec != seen.st_mtim.tv_nsec
        {
            seen = now
            let text = (try? Files.readText(path, limit: Self.sizeLimit)) ?? ""
            servers = Self.addresses(ResolverConfiguration(parsing: text).nameservers)
        }
        return servers
    }

    /// The first few of a list of addresses in text.
    static func addresses(_ texts: [String]) -> [SocketAddress] {
        texts.prefix(countLimit).compactMap { SocketAddress($0, port: 53) }
    }
}
