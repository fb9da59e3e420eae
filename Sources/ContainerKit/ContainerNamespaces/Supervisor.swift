import CKLinux
import ContainerSystem
import Glibc

/// A running container's supervisor (`ck-shim`), by the socket `control` in its run folder. Any number of clients have
/// such a connection at once; letting go of it detaches what it attached, and changes nothing for the container.
public struct Supervisor: Sendable {
    private let control: ShimControl

    /// Readable when there is something for `next` to take.
    public var descriptor: CInt { control.socket.raw }

    /// - Parameter runFolder: the container's folder below the run root.
    /// - Throws: `unavailable` when nobody listens there: the container does not run, or its supervisor was killed.
    public static func connect(runFolder: String) throws(ContainerError) -> Supervisor {
        let raw = ck_connect_in(runFolder, "control")
        guard raw >= 0 else {
            let failure = Errno.current
            guard [ENOENT, ECONNREFUSED, ENOTDIR].contains(failure.rawValue) else {
                throw ContainerError(failure, "connect to \(runFolder)/control")
            }
            throw ContainerError(
                .unavailable, "the container has no supervisor that answers",
                hint: "it has ended, or its supervisor (ck-shim) was killed: `ps -a` shows which")
        }
        return Supervisor(control: ShimControl(socket: Descriptor(owning: raw)))
    }

    /// Connects streams with those of the container, until it ends or the keys are typed.
    /// - Parameters:
    ///   - streams: those that are nil are not attached; the others stay the caller's to close. Their `others` have no
    ///     meaning here.
    ///   - detachKeys: what is typed at a container's terminal to leave it; none are looked for when it is empty.
    ///   - size: of the caller's terminal. The container's gets it after another one, for most programs at a terminal show
    ///     what they have when it changes.
    /// - Throws: `invalidArgument` for more than 32 keys; `unavailable` when the program has ended.
    public func attach(_ streams: ClientStreams, detachKeys: [UInt8], size: (rows: UInt16, columns: UInt16)? = nil)
        throws(ContainerError)
    {
        guard detachKeys.count <= Int(CK_MOST_KEYS) else {
            throw ContainerError(.invalidArgument, "\(detachKeys.count) detach keys", cause: "\(CK_MOST_KEYS) at most")
        }
        let wanted = [
            (streams.input, CK_ATTACH_INPUT), (streams.output, CK_ATTACH_OUTPUT), (streams.error, CK_ATTACH_ERROR),
        ]
        var message = ck_message()
        message.kind = UInt32(CK_MESSAGE_ATTACH.rawValue)
        message.value = wanted.reduce(0) { $0 | ($1.0 == nil ? 0 : $1.1) }
        message.step = UInt32(detachKeys.count)
        withUnsafeMutableBytes(of: &message.detail) { $0.copyBytes(from: detachKeys) }
        let descriptors = wanted.compactMap(\.0)
        if let size { resize(rows: size.rows &+ 1, columns: size.columns &+ 1) }
        try system("attach to the container") {
            withUnsafeBytes(of: message) {
                CInt(ck_send_descriptors(descriptor, $0.baseAddress, $0.count, descriptors, CInt(descriptors.count)))
            }
        }
        // Without waiting for the answer: before the first input gets there.
        if let size { resize(rows: size.rows, columns: size.columns) }
        while true {
            let answer = try control.receive()
            if ck_message_kind(answer.kind) == CK_MESSAGE_ATTACHED { return }
            if Event(answer) != nil {
                throw ContainerError(.unavailable, "attach to the container: it has ended")
            }
        }
    }

    /// Sets the size of the container's terminal.
    public func resize(rows: UInt16, columns: UInt16) {
        control.send(CK_MESSAGE_RESIZE, value: Int32(rows), step: UInt32(columns))
    }

    /// Sends a signal to the container's first process.
    public func signal(_ number: Int32) { control.send(CK_MESSAGE_SIGNAL, value: number) }

    /// Has the supervisor leave the attached streams alone, as those of a job that is stopped or in the background.
    public func hold(input: Bool, output: Bool) { control.hold(input: input, output: output) }

    /// Asks for the container's end, and for no restart: its end comes as an event.
    /// - Parameters:
    ///   - signal: sent at once; SIGKILL follows.
    ///   - timeoutMilliseconds: how long the program may take; nil is for ever.
    public func stop(signal: Int32, timeoutMilliseconds: Int?) throws(ContainerError) {
        let timeout = timeoutMilliseconds.map { UInt32(clamping: $0) } ?? CK_NEVER
        try control.tell(CK_MESSAGE_STOP, value: signal, step: timeout, "stop the container")
    }

    /// Changes what happens at the container's end, from now on.
    public func setRestartPolicy(_ policy: RestartPolicy) throws(ContainerError) {
        try control.tell(
            CK_MESSAGE_POLICY, value: Int32(policy.number), step: UInt32(clamping: policy.maximum),
            "change the restart policy")
    }

    /// Has the supervisor follow another plan: at the end, and in every later life. What of it is done at once are the ports
    /// that it holds.
    /// - Returns: the first process of the life that goes on as the plan before had it; nil between two lives.
    /// - Throws: `conflict` for a port that another process has; `unavailable` when the supervisor has let go of all clients,
    ///   as it does at the end of each life: it has not heard of the plan then, and may be asked again. `systemFailure` when it
    ///   does not answer in 15 seconds, which is longer than a start takes.
    public func renew(_ plan: LaunchPlan) throws(ContainerError) -> ProcessIdentity? {
        let file = try LaunchPlanFile()
        try file.write(plan)
        var message = ck_message()
        message.kind = UInt32(CK_MESSAGE_RENEW.rawValue)
        let result = withExtendedLifetime(file) {
            withUnsafeBytes(of: message) {
                ck_send_descriptors(descriptor, $0.baseAddress, $0.count, [file.descriptor.raw], 1)
            }
        }
        // One that has just let go of us says so below.
        if result < 0, errno != EPIPE, errno != ECONNRESET { throw ContainerError(.current, "renew the launch plan") }
        let answer = try renewal()
        if answer.value != 0 {
            let errno = Errno(rawValue: answer.value)
            if errno.rawValue == EADDRINUSE {
                throw LaunchFailure.error(errno, at: .holdPorts([]), detail: answer.explanation)
            }
            var error = ContainerError(
                errno, "renew the launch plan", hint: errno.rawValue == EINVAL ? Self.hintOfAge : nil)
            if !answer.explanation.isEmpty { error.cause = "\(error.cause ?? ""), \(answer.explanation)" }
            throw error
        }
        return answer.pid == 0 ? nil : ProcessIdentity(pid: answer.pid, startTime: answer.start_time)
    }

    private static let hintOfAge = "it may be of an earlier version: stop the container and start it again"

    private func renewal() throws(ContainerError) -> ck_message {
        let deadline = ContinuousClock.now + .seconds(15)
        while true {
            guard try speaks(before: deadline) else {
                throw ContainerError(
                    .systemFailure, "renew the launch plan: the container's supervisor (ck-shim) does not answer",
                    hint: Self.hintOfAge)
            }
            let answer = try control.receive()
            if ck_message_kind(answer.kind) == CK_MESSAGE_RENEWED { return answer }
        }
    }

    /// Blocks until the supervisor has something to say.
    /// - Parameter milliseconds: how long at most; nil is for ever.
    /// - Returns: nil when the time is up.
    /// - Throws: `unavailable` when the supervisor is gone, as it is after the container's last end.
    public func next(milliseconds: Int?) throws(ContainerError) -> Event? {
        let deadline = milliseconds.map { ContinuousClock.now + .milliseconds($0) }
        while true {
            guard try speaks(before: deadline) else { return nil }
            if let event = Event(try control.receive()) { return event }
        }
    }

    /// Blocks until there is something to take; false when the time is up, which nil never is.
    private func speaks(before deadline: ContinuousClock.Instant?) throws(ContainerError) -> Bool {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let rest = deadline.map { max(0, CInt(clamping: Int(($0 - ContinuousClock.now) / .milliseconds(1)) + 1)) } ?? -1
        return try system("wait for the supervisor") { poll(&wait, 1, rest) } > 0
    }
}

extension ShimControl {
    /// As `send`, for what has to arrive.
    fileprivate func tell(_ kind: ck_message_kind, value: Int32, step: UInt32, _ operation: String)
        throws(ContainerError)
    {
        var message = ck_message()
        message.kind = UInt32(kind.rawValue)
        message.value = value
        message.step = step
        try system(operation) {
            withUnsafeBytes(of: message) { Glibc.send(socket.raw, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
        }
    }
}

extension RestartPolicy {
    /// As the shim knows it.
    var number: UInt32 {
        switch self {
        case .no: CK_RESTART_NO
        case .onFailure: CK_RESTART_ON_FAILURE
        case .always: CK_RESTART_ALWAYS
        case .unlessStopped: CK_RESTART_UNLESS_STOPPED
        }
    }
}
