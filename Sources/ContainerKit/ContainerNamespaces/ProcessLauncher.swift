import ContainerSystem

/// The seam between deciding what is to happen (a plan) and making it happen.
public protocol ProcessLauncher: Sendable {
    /// Starts what will carry out a plan, so that it gets ready while the plan is made.
    /// - Parameter streams: what the shim gets as 0, 1 and 2: a client's streams, or nil for none (`/dev/null`).
    func prepare(streams: ClientStreams?) throws(ContainerError) -> any PreparedLaunch
}

/// A launcher that waits for its plan. Letting go of it ends it.
public protocol PreparedLaunch: Sendable {
    /// Has a server of names get ready meanwhile, which the plan is going to name (`LaunchPlan.NameServer`). What goes wrong
    /// there, the plan's step says.
    func expectNames(program: String, runRoot: String)
    /// Carries out a plan up to the start of its program; once.
    /// - Throws: `ContainerError` that names the step, what it was done to and the errno; `commandNotFound` and
    ///   `commandNotExecutable` for the program itself. Nothing is left behind then.
    /// - Parameter whenMounted: called at `askClient`; what it throws ends the launch.
    func launch(_ plan: LaunchPlan, whenMounted: (ProcessIdentity) throws(ContainerError) -> Void)
        throws(ContainerError) -> any LaunchedProcess
}

extension PreparedLaunch {
    /// Carries out a plan in which the client has no part.
    public func launch(_ plan: LaunchPlan) throws(ContainerError) -> any LaunchedProcess {
        try launch(plan) { _ throws(ContainerError) in }
    }
}

/// A client's descriptors for a process's input, output and errors; nil for one that it has no part in.
public struct ClientStreams: Sendable {
    public let input: CInt?
    public let output: CInt?
    public let error: CInt?
    /// Others that the process is to have, from 3 on (`LaunchPlan.Operation.passDescriptors`).
    public let others: [CInt]

    public init(input: CInt?, output: CInt?, error: CInt?, others: [CInt] = []) {
        self.others = others
        self.input = input
        self.output = output
        self.error = error
    }

    /// The calling process's own.
    public static let own = ClientStreams(input: 0, output: 1, error: 2)
}

/// A process that runs under a shim, seen over the shim's control socket. Letting go of it detaches the client; the
/// process goes on.
public protocol LaunchedProcess: Sendable {
    var identity: ProcessIdentity { get }
    /// Readable when there is something for `wait` to take.
    var descriptor: CInt { get }
    /// Blocks until the process has ended; the status as a shell counts it (128+n for a signal). All that it wrote has
    /// been passed on by then.
    /// - Throws: `unavailable` when the shim died first.
    func wait() throws(ContainerError) -> Int32
    /// Blocks until the process has ended, or until the client's detach keys were typed.
    func waitOrDetach() throws(ContainerError) -> Supervisor.Event
    /// Blocks until the shim has cleaned up after the process and has gone; after `wait`.
    func waitForCleanUp()
    /// Sets the size of the process's terminal.
    func resize(rows: UInt16, columns: UInt16)
    /// Sends a signal to the process.
    func signal(_ number: Int32)
    /// Has the shim leave the client's streams alone, as those of a job that is stopped or in the background.
    func hold(input: Bool, output: Bool)
}

extension LaunchedProcess {
    public func waitOrDetach() throws(ContainerError) -> Supervisor.Event {
        .exited(status: try wait(), willRestart: false, wasKilledAfterTimeout: false)
    }

    public func hold(input: Bool, output: Bool) {}
}
