import CKLinux
import ContainerSystem
import Glibc

/// Launches by `ck-shim`: the plan goes to it in a sealed memfd, what becomes of it comes back over a socket.
public struct ShimLauncher: ProcessLauncher {
    public let shimPath: String

    /// - Parameter shimPath: the shim's executable; nil looks for it with `ShimLocation`.
    /// - Throws: `notFound` with the places that were looked at.
    public init(shimPath: String? = nil) throws(ContainerError) {
        self.shimPath = if let shimPath { shimPath } else { try ShimLocation.find() }
    }

    public func launch(_ plan: LaunchPlan, streams: ClientStreams?) throws(ContainerError) -> any LaunchedProcess {
        try ShimProcess.afterStart(of: plan, control: try spawn(plan, streams: streams))
    }

    /// Starts the shim; our end of its control socket. Its own end is closed here by then, so that its death shows.
    private func spawn(_ plan: LaunchPlan, streams: ClientStreams?) throws(ContainerError) -> Descriptor {
        let bytes = plan.encoded()
        let planFile = Descriptor(
            owning: try system("write the launch plan") { ck_sealed_memfd("ck-plan", bytes, bytes.count) })
        var pair: [CInt] = [-1, -1]
        try system("make the shim's control socket") {
            socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &pair)
        }
        let control = Descriptor(owning: pair[0])
        let theirs = Descriptor(owning: pair[1])
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let standard = [streams?.input ?? null.raw, streams?.output ?? null.raw, streams?.error ?? null.raw]
        let descriptors = standard + [theirs.raw, planFile.raw]
        let result = withExtendedLifetime((theirs, planFile, null)) {
            ck_spawn_detached(shimPath, "ck-shim", descriptors, CInt(descriptors.count))
        }
        if result < 0 { throw ContainerError(.current, "start \(shimPath)") }
        return control
    }
}

/// Where the shim is: beside the running program, in `../libexec/containerkit` from there, or where `CK_SHIM` says.
enum ShimLocation {
    static func find() throws(ContainerError) -> String {
        if let setting = getenv("CK_SHIM") { return String(cString: setting) }
        let candidates = programFolder().map { ["\($0)/ck-shim", "\($0)/../libexec/containerkit/ck-shim"] } ?? []
        if let found = candidates.first(where: { access($0, X_OK) == 0 }) { return found }
        throw ContainerError(
            .notFound, "ck-shim is not at \(candidates.joined(separator: " nor at "))",
            hint: "build the product ck-shim beside the program, or name it in CK_SHIM")
    }

    private static func programFolder() -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return nil }
        let path = String(decoding: buffer[..<count], as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}

/// A process under a shim, by its control socket.
struct ShimProcess: LaunchedProcess {
    let identity: ProcessIdentity
    private let control: Descriptor

    var descriptor: CInt { control.raw }

    /// Waits for the shim's word that the program runs, or for the step that failed.
    static func afterStart(of plan: LaunchPlan, control: Descriptor) throws(ContainerError) -> ShimProcess {
        let message = try receive(control)
        switch ck_message_kind(message.kind) {
        case CK_MESSAGE_STARTED:
            return ShimProcess(
                identity: ProcessIdentity(pid: message.pid, startTime: message.start_time), control: control)
        case CK_MESSAGE_FAILED:
            throw failure(message, of: plan)
        default:
            throw ContainerError(.systemFailure, "ck-shim answered out of turn")
        }
    }

    func wait() throws(ContainerError) -> Int32 {
        while true {
            let message = try Self.receive(control)
            if ck_message_kind(message.kind) == CK_MESSAGE_EXITED { return message.value }
        }
    }

    func waitForCleanUp() {
        var message = ck_message()
        // The socket's end is the shim's.
        while withUnsafeMutableBytes(of: &message, { recv(control.raw, $0.baseAddress, $0.count, 0) }) > 0 {}
    }

    func resize(rows: UInt16, columns: UInt16) {
        var message = ck_message()
        message.kind = UInt32(CK_MESSAGE_RESIZE.rawValue)
        message.value = Int32(rows)
        message.step = UInt32(columns)
        send(message)
    }

    func signal(_ number: Int32) {
        var message = ck_message()
        message.kind = UInt32(CK_MESSAGE_SIGNAL.rawValue)
        message.value = number
        send(message)
    }

    // A shim that is gone needs no message: wait() says so.
    private func send(_ message: ck_message) {
        withUnsafeBytes(of: message) { _ = Glibc.send(control.raw, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    }

    private static func receive(_ control: Descriptor) throws(ContainerError) -> ck_message {
        var message = ck_message()
        let count = try system("hear from ck-shim") {
            withUnsafeMutableBytes(of: &message) { recv(control.raw, $0.baseAddress, $0.count, 0) }
        }
        guard count == MemoryLayout<ck_message>.size else {
            throw ContainerError(
                .unavailable, "the container's supervisor (ck-shim) ended before it could report",
                hint: "was it killed? `ps` shows whether the container still runs")
        }
        return message
    }

    private static func failure(_ message: ck_message, of plan: LaunchPlan) -> ContainerError {
        let errno = Errno(rawValue: message.value)
        guard plan.steps.indices.contains(Int(message.step)) else {
            return ContainerError(errno, "carry out the launch plan")
        }
        let detail = withUnsafeBytes(of: message.detail) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return LaunchFailure.error(errno, at: plan.steps[Int(message.step)].operation, detail: detail)
    }
}
