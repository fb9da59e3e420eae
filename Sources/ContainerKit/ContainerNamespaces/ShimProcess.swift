import CKLinux
import ContainerSystem
import Glibc

/// A process under a shim, by its control socket.
struct ShimProcess: LaunchedProcess {
    let identity: ProcessIdentity
    private let control: ShimControl

    var descriptor: CInt { control.socket.raw }

    /// Waits for the shim's word that the program runs (or waits for its start), or for the step that failed.
    static func afterStart(
        of plan: LaunchPlan, control: ShimControl, whenMounted: (ProcessIdentity) throws(ContainerError) -> Void
    ) throws(ContainerError) -> ShimProcess {
        while true {
            let message = try control.receive()
            let process = ProcessIdentity(pid: message.pid, startTime: message.start_time)
            switch ck_message_kind(message.kind) {
            case CK_MESSAGE_STARTED: return ShimProcess(identity: process, control: control)
            case CK_MESSAGE_FAILED: throw failure(message, of: plan)
            case CK_MESSAGE_MOUNTED:
                // Letting go of the socket ends the launch; the shim's end of it says that nothing is left.
                do throws(ContainerError) { try whenMounted(process) } catch {
                    control.send(CK_MESSAGE_FAILED)
                    while (try? control.receive()) != nil {}
                    throw error
                }
                control.send(CK_MESSAGE_BEGIN)
            default: throw ContainerError(.systemFailure, "ck-shim answered out of turn")
            }
        }
    }

    func wait() throws(ContainerError) -> Int32 {
        while true {
            if case .exited(let status, _, _) = try waitOrDetach() { return status }
        }
    }

    func waitOrDetach() throws(ContainerError) -> Supervisor.Event {
        while true {
            if let event = Supervisor.Event(try control.receive()) { return event }
        }
    }

    func hold(input: Bool, output: Bool) { control.hold(input: input, output: output) }

    func waitForCleanUp() {
        // The socket's end is the shim's.
        while (try? control.receive()) != nil {}
    }

    func resize(rows: UInt16, columns: UInt16) {
        control.send(CK_MESSAGE_RESIZE, value: Int32(rows), step: UInt32(columns))
    }

    func signal(_ number: Int32) {
        control.send(CK_MESSAGE_SIGNAL, value: number)
    }

    private static func failure(_ message: ck_message, of plan: LaunchPlan) -> ContainerError {
        let errno = Errno(rawValue: message.value)
        guard plan.steps.indices.contains(Int(message.step)) else {
            return ContainerError(errno, "carry out the launch plan")
        }
        return LaunchFailure.error(errno, at: plan.steps[Int(message.step)].operation, detail: message.explanation)
    }
}

extension ck_message {
    /// What the one who sent it knows besides the errno.
    var explanation: String {
        withUnsafeBytes(of: detail) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// Our end of a shim's control socket.
struct ShimControl {
    let socket: Descriptor

    // A shim that is gone needs no message: receive() says so.
    func send(_ kind: ck_message_kind, value: Int32 = 0, step: UInt32 = 0, detail: [UInt8] = []) {
        var message = ck_message()
        withUnsafeMutableBytes(of: &message.detail) { $0.copyBytes(from: detail) }
        message.kind = UInt32(kind.rawValue)
        message.value = value
        message.step = step
        withUnsafeBytes(of: message) { _ = Glibc.send(socket.raw, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    }

    func hold(input: Bool, output: Bool) {
        send(CK_MESSAGE_HOLD, value: (input ? CK_HOLD_INPUT : 0) | (output ? CK_HOLD_OUTPUT : 0))
    }

    func receive() throws(ContainerError) -> ck_message {
        var message = ck_message()
        var count: Int
        // A shim that ended with something unread from us resets the socket once, before its last words can be read.
        repeat {
            count = withUnsafeMutableBytes(of: &message) { recv(socket.raw, $0.baseAddress, $0.count, 0) }
        } while count < 0 && (errno == EINTR || errno == ECONNRESET)
        guard count == MemoryLayout<ck_message>.size else {
            throw ContainerError(
                .unavailable, "the container's supervisor (ck-shim) ended before it could report",
                hint: "was it killed? `ps` shows whether the container still runs")
        }
        return message
    }
}
