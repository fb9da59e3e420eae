import CKLinux
import ContainerSystem
import Glibc

/// The server of names of one run folder: answers what its containers ask at 127.0.0.11, and is gone a moment after the
/// last of them. One thread, which alone enters network namespaces, and only to open sockets there.
public final class NameServer {
    /// Nanoseconds that it stays with nothing to do, for the next container that may be on its way.
    static let grace: UInt64 = 1_000_000_000
    /// Milliseconds between two looks at what has waited too long.
    static let tick: CInt = 100

    let runRoot: String
    let poller: Poller
    let home: Descriptor
    var zone = NameZone()
    var served: [String: ServedContainer] = [:]
    var controlClients: [CInt: Descriptor] = [:]
    var listener: Descriptor?
    var hostServers: HostServers
    /// Questions that other servers are asked, and connections of containers, in no order.
    var forwarded: [ForwardedQuestion] = []
    var connections: [ContainerConnection] = []
    /// What a packet is read into.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 8)
    private var lastSweep: UInt64 = 0

    static let bufferSize = 1 << 16

    /// - Parameters:
    ///   - runRoot: the folder with `containers`, in which the socket `names.sock` is made.
    ///   - hostConfiguration: the host's resolv.conf(5).
    /// - Throws: `ContainerError` with the call that failed.
    public init(runRoot: String, hostConfiguration: String = "/etc/resolv.conf") throws(ContainerError) {
        self.runRoot = runRoot
        hostServers = HostServers(path: hostConfiguration)
        poller = try Poller()
        home = try Descriptor.open("/proc/thread-self/ns/net", O_RDONLY)
    }

    deinit { buffer.deallocate() }

    /// Serves until there has been nobody to serve for a second. Returns at once when there is a server already.
    /// - Throws: `ContainerError` with the call that failed.
    public func run() throws(ContainerError) {
        guard let lock = try FileLock.takeOwn("\(runRoot)/\(NameServerProtocol.lockName)", waits: false) else { return }
        defer { lock.remove() }
        Self.raiseDescriptorLimit()
        signal(SIGPIPE, SIG_IGN)
        let listener = try NameServerProtocol.listen(in: runRoot)
        self.listener = listener
        try poller.add(listener, .reading) { [unowned self] _ in acceptControl() }
        serveThoseThatRun()
        var idleSince = SteadyClock.nanoseconds
        while true {
            let isIdle = served.isEmpty && controlClients.isEmpty
            let now = SteadyClock.nanoseconds
            if !isIdle { idleSince = now }
            let idle = now - idleSince
            if isIdle, idle >= Self.grace { break }
            let waitsForMore = !forwarded.isEmpty || !connections.isEmpty
            let rest = isIdle ? CInt((Self.grace - idle) / 1_000_000) + 1 : -1
            poller.wait(milliseconds: waitsForMore ? Self.tick : rest)
            if waitsForMore { sweep() }
        }
        // Whoever is connected and was not let in hears that nobody is here, and asks again.
        unlink("\(runRoot)/\(NameServerProtocol.socketName)")
    }

    /// Gives up what has waited too long. Not at each event: there may be thousands of those in a second.
    private func sweep() {
        let now = SteadyClock.nanoseconds
        guard now - lastSweep >= UInt64(Self.tick) * 1_000_000 else { return }
        lastSweep = now
        for question in forwarded where question.deadline <= now { askNextServer(question) }
        for connection in connections where connection.deadline <= now && connection.waiting == 0 { close(connection) }
    }

    /// Four descriptors a container, and one for each question that is on its way.
    private static func raiseDescriptorLimit() {
        var limit = rlimit(rlim_cur: 1 << 18, rlim_max: 1 << 18)
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 { return }
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
