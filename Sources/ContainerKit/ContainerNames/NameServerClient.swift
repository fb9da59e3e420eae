import CKLinux
import ContainerSystem
import Glibc

/// Tells the server of names what has changed about a container that runs. What is to be known of a container that starts,
/// its launcher says.
public struct NameServerClient: NameRegistry {
    /// What a container's resolv.conf(5) names as its server, as docker's.
    public static let address = "127.0.0.11"

    /// Seconds that an answer may take.
    private static let patience = 5
    /// Milliseconds for a server to begin, and between two looks whether it has.
    private static let startPatience = 10_000
    private static let startPause = 2
    /// Milliseconds until another is started, doubled each time: a host that is busy gets slower by each of them.
    private static let startAgain = 50

    public let runRoot: String
    /// The server's executable.
    public let program: String

    /// - Parameters:
    ///   - runRoot: the folder of what runs, with the folder `containers`.
    ///   - program: the server's executable; nil looks for `ck-dns` as `HelperProgram` does.
    /// - Throws: `notFound` with the places that were looked at.
    public init(runRoot: String, program: String? = nil) throws(ContainerError) {
        self.runRoot = runRoot
        self.program = if let program { program } else { try Self.findProgram() }
    }

    /// Where the server's executable is: beside the running program, in `../libexec/containerkit` from there, or where
    /// `CK_DNS` says.
    /// - Throws: `notFound` with the places that were looked at.
    public static func findProgram() throws(ContainerError) -> String {
        try HelperProgram.find("ck-dns", variable: "CK_DNS")
    }

    /// Starts the server when there is none.
    public func update(_ id: String, pid: Int32) throws(ContainerError) {
        try request(.add(id: id, pid: pid), id: id, startsServer: true)
    }

    public func remove(_ id: String) throws(ContainerError) {
        try request(.remove(id: id), id: id, startsServer: false)
    }

    private func request(_ request: NameServerProtocol.Request, id: String, startsServer: Bool) throws(ContainerError) {
        guard NameServerProtocol.isID(id) else {
            throw ContainerError(.invalidArgument, "tell the server of names of the container \"\(id.printable)\"")
        }
        var (waited, nextStart, again) = (0, 0, Self.startAgain)
        while waited < Self.startPatience {
            if let socket = connection() {
                switch Self.ask(socket, request) {
                case .words(let answer): return try check(answer, id)
                // A server that is just leaving: then there is to be another.
                case .nothing: break
                case .silence: throw silence(id)
                }
            }
            if !startsServer { return }
            // Again after a while: one that was leaving may have kept the first from beginning.
            if waited >= nextStart {
                try start()
                nextStart = waited + again
                again *= 2
            }
            usleep(useconds_t(Self.startPause * 1000))
            waited += Self.startPause
        }
        throw silence(id)
    }

    private func silence(_ id: String) -> ContainerError {
        ContainerError(
            .unavailable, "tell the server of names in \(runRoot) of \(id)", cause: "\(program) does not answer",
            hint: "try again; see whether it can be run, and whether one stands still")
    }

    private enum Answer {
        case words(String)
        /// It let go of us.
        case nothing
        case silence
    }

    private func connection() -> Descriptor? {
        let raw = ck_connect_in(runRoot, NameServerProtocol.socketName)
        return raw < 0 ? nil : Descriptor(owning: raw)
    }

    private static func ask(_ socket: Descriptor, _ request: NameServerProtocol.Request) -> Answer {
        var time = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(socket.raw, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        let bytes = Array(request.text.utf8)
        guard send(socket.raw, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count else { return .nothing }
        var answer = [UInt8](repeating: 0, count: NameServerProtocol.sizeLimit)
        while true {
            let count = recv(socket.raw, &answer, answer.count, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return .silence }
            return count > 0 ? .words(String(decoding: answer[..<count], as: UTF8.self)) : .nothing
        }
    }

    private func check(_ answer: String, _ id: String) throws(ContainerError) {
        if answer == NameServerProtocol.ok { return }
        throw ContainerError(
            .systemFailure, "serve names to the container \(id)",
            cause: String(answer.dropFirst(answer.hasPrefix("error ") ? 6 : 0)).printable)
    }

    private func start() throws(ContainerError) {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let result = withExtendedLifetime(null) {
            ck_spawn_detached(program, "ck-dns", runRoot, [null.raw, null.raw, null.raw], 3)
        }
        if result < 0 { throw ContainerError(.current, "start \(program)") }
    }
}
