import CKLinux
import ContainerSystem
import Glibc

/// How the server is spoken to: a SOCK_SEQPACKET socket in the run folder, a line of text each way.
///
///     hello           -> ok
///     add ID PID      -> ok | error TEXT
///     remove ID       -> ok
enum NameServerProtocol {
    static let socketName = "names.sock"
    static let lockName = "names.lock"
    /// Of a message, in bytes.
    static let sizeLimit = 512
    private static let backlog: CInt = 4096
    static let ok = "ok"

    enum Request: Equatable {
        case hello
        case add(id: String, pid: Int32)
        case remove(id: String)

        init?(_ text: String) {
            let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            switch (words.first, words.count) {
            case ("hello", 1): self = .hello
            case ("add", 3):
                guard isID(words[1]), let pid = Int32(words[2]), pid > 0 else { return nil }
                self = .add(id: words[1], pid: pid)
            case ("remove", 2) where isID(words[1]): self = .remove(id: words[1])
            default: return nil
            }
        }

        var text: String {
            switch self {
            case .hello: "hello"
            case .add(let id, let pid): "add \(id) \(pid)"
            case .remove(let id): "remove \(id)"
            }
        }
    }

    /// Ids are names of folders: nothing that leads elsewhere.
    static func isID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == 0x5f || $0 == 0x2d
            }
    }

    /// A socket of the run folder, in place of one that a killed server has left. The folder by its descriptor, for a path
    /// may be longer than an address (unix(7)).
    static func listen(in runRoot: String) throws(ContainerError) -> Descriptor {
        let folder = try Descriptor.open(runRoot, O_RDONLY | O_DIRECTORY)
        unlinkat(folder.raw, socketName, 0)
        let type = CInt(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let operation = "listen at \(runRoot)/\(socketName)"
        let socket = Descriptor(owning: try system(operation) { Glibc.socket(AF_UNIX, type, 0) })
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("/proc/self/fd/\(folder.raw)/\(socketName)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let mask = umask(0o177)
        defer { umask(mask) }
        try system(operation) {
            withUnsafePointer(to: address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket.raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        try system(operation) { Glibc.listen(socket.raw, backlog) }
        return socket
    }

    /// Whether a socket's other end is root or who we are (unix(7), SO_PEERCRED).
    static func isTrusted(_ socket: Descriptor) -> Bool {
        var credentials: (pid: pid_t, uid: uid_t, gid: gid_t) = (0, .max, .max)
        var length = socklen_t(MemoryLayout.size(ofValue: credentials))
        let peerCredentials: CInt = 17
        guard getsockopt(socket.raw, SOL_SOCKET, peerCredentials, &credentials, &length) == 0 else { return false }
        return credentials.uid == 0 || credentials.uid == geteuid()
    }
}
