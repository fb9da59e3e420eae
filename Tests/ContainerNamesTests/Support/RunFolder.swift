import ContainerSystem
import Glibc

@testable import ContainerNames

/// A run folder of a test's own, with containers that sleep. Its server, and everything else, ends with it.
final class RunFolder {
    let path: String
    private var sleepers: [Sleeper] = []

    static func with(_ body: (RunFolder) throws -> Void) throws {
        let folder = try RunFolder()
        defer { folder.end() }
        try body(folder)
    }

    private init() throws {
        var template = Array("/var/tmp/ck-names-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContainerError(.current, "make a temporary folder") }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        try Files.makeDirectory(path + "/containers")
    }

    private func end() {
        sleepers.forEach { $0.end() }
        servers.forEach { kill($0, SIGKILL) }
        _ = try? Sleeper.run(["rm", "-rf", path])
    }

    static let program: String = {
        let own = CommandLine.arguments[0]
        let candidates = [own] + CommandLine.arguments + [(try? RunFolder.executable()) ?? ""]
        for candidate in candidates {
            guard let slash = candidate.lastIndex(of: "/") else { continue }
            let found = String(candidate[..<slash]) + "/ck-dns"
            if access(found, X_OK) == 0 { return found }
        }
        return "/nowhere/ck-dns"
    }()

    private static func executable() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = try system("readlink") { readlink("/proc/self/exe", &buffer, buffer.count) }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    var client: NameServerClient {
        get throws { try NameServerClient(runRoot: path, program: Self.program) }
    }

    /// The processes that serve this folder.
    var servers: [pid_t] {
        ((try? Files.list("/proc")) ?? []).compactMap { Int32($0) }.filter {
            guard let line = try? Files.readText("/proc/\($0)/cmdline", limit: 8192) else { return false }
            let words = line.split(separator: "\0")
            return words.count == 2 && words[0].hasSuffix("ck-dns") && words[1] == path
        }
    }

    /// A container that runs, with its record, and not yet served.
    func container(_ id: String, _ record: (inout NameRecord) -> Void = { _ in }, hasLoopback: Bool = true) throws
        -> Sleeper
    {
        let sleeper = try Sleeper(hasLoopback: hasLoopback)
        sleepers.append(sleeper)
        let folder = "\(path)/containers/\(id)"
        try Files.makeDirectory(folder)
        let text = "\(getpid()) \(ProcessIdentity.current.startTime) \(sleeper.pid) \(sleeper.startTime) 0\n"
        try Files.replace(folder + "/pids", with: text.utf8)
        let number = sleepers.count + 1
        var value = NameRecord(
            id: id, name: id,
            networks: [
                .init(id: "n", name: "front", addresses: ["10.9.0.\(number)", "fd09::\(number)"], names: [id, "svc"])
            ],
            servers: ["127.0.0.1"])
        record(&value)
        try value.write(to: folder)
        return sleeper
    }

    /// Waits until something is so; false when it is not within ten seconds.
    func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<1000 {
            if try condition() { return true }
            usleep(10_000)
        }
        return false
    }
}

/// Asks what a container's resolv.conf says to ask, as a resolver does.
struct Resolver {
    let socket: Descriptor
    private let isStream: Bool

    /// Must be made in the container's network namespace.
    init(isStream: Bool = false, address: String = NameServerClient.address) throws {
        self.isStream = isStream
        let type = CInt(isStream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        socket = Descriptor(owning: try system("socket") { Glibc.socket(AF_INET, type, 0) })
        var patience = timeval(tv_sec: 8, tv_usec: 0)
        setsockopt(socket.raw, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard let server = SocketAddress(address, port: 53) else { throw ContainerError(.invalidArgument, address) }
        try system("connect to \(address)") { server.with { connect(socket.raw, $0, $1) } }
    }

    func send(_ message: [UInt8]) throws {
        let bytes = isStream ? Message.numbers(UInt16(message.count)) + message : message
        try system("send") { Glibc.send(socket.raw, bytes, bytes.count, CInt(MSG_NOSIGNAL)) }
    }

    func receive() throws -> [UInt8] {
        if !isStream {
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = try system("receive") { recv(socket.raw, &buffer, buffer.count, 0) }
            return Array(buffer[..<count])
        }
        let head = try exactly(2)
        return try exactly(Int(head[0]) << 8 | Int(head[1]))
    }

    private func exactly(_ size: Int) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: size)
        guard size > 0 else { return [] }
        let count = try system("receive") { recv(socket.raw, &buffer, size, CInt(MSG_WAITALL)) }
        guard count == size else { throw ContainerError(.unavailable, "the connection ended after \(count) bytes") }
        return buffer
    }

    func ask(_ name: String, _ type: UInt16 = 1, id: UInt16 = 0x4242, udpSize: UInt16? = nil) throws -> Message.Answer?
    {
        try send(Message.question(name, type, id: id, udpSize: udpSize))
        return Message.read(try receive())
    }
}
