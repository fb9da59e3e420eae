import ContainerSystem

/// What a service does with containers: the seam between it and the kernel.
///
/// `ContainerEngine.containers` is the real one. A service that takes `any ContainerService` is tested without root and
/// without a kernel by `FakeContainers` of the module ContainerKitTesting.
///
/// Containers are named by name, id, or the beginning of an id. Every call that waits ends promptly when its task is
/// cancelled, with a `ContainerError` of the code `cancelled`.
public protocol ContainerService: Sendable {
    /// The containers, the newest first.
    /// - Parameter all: those that do not run, too.
    func list(all: Bool) async throws(ContainerError) -> [ContainerSummary]

    /// Makes a container.
    /// - Returns: its id, 64 hexadecimal digits.
    /// - Throws: `notFound` without the image; `conflict` when the name is taken; `invalidArgument`.
    func create(_ options: ContainerOptions) async throws(ContainerError) -> String

    /// Starts one that was made, and leaves it to itself.
    /// - Throws: `notFound`; `conflict` when it runs already; `commandNotFound`, `commandNotExecutable`.
    func start(_ container: String) async throws(ContainerError)

    /// Runs a container to its end, and removes it.
    /// - Parameter outputLimit: bytes of output and of errors that are kept, each; what writes more is not stopped.
    /// - Throws: as `create` and `start`; a status other than 0 is no error.
    func run(_ options: ContainerOptions, outputLimit: Int) async throws(ContainerError) -> RunResult

    /// Starts one more process in a running container.
    /// - Throws: `notFound`; `conflict` when it does not run; `commandNotFound`, `commandNotExecutable`.
    func exec(_ container: String, _ options: ExecOptions) async throws(ContainerError) -> ContainerProcess

    /// The streams of a container that runs: what it writes from now on, and its input where that is open.
    /// - Throws: `notFound`; `conflict` when it does not run; `unavailable` when its supervisor was killed.
    func attach(_ container: String) async throws(ContainerError) -> ContainerProcess

    /// Ends it: its stop signal, then SIGKILL. One that does not run is fine.
    /// - Parameter timeout: seconds before SIGKILL; nil is the container's own, a negative number waits for ever.
    /// - Throws: `notFound`.
    func stop(_ container: String, timeout: Int?) async throws(ContainerError)

    /// Sends its first process a signal, by name or number.
    /// - Throws: `notFound`; `conflict` when it does not run; `invalidArgument` for a signal that is none.
    func kill(_ container: String, signal: String) async throws(ContainerError)

    /// Waits for its end; the status as a shell counts it. One that has ended is not waited for.
    /// - Throws: `notFound`.
    func wait(_ container: String) async throws(ContainerError) -> Int32

    /// Removes it and all that it wrote.
    /// - Parameter force: a running one is killed first.
    /// - Throws: `notFound`; `conflict` when it runs and `force` is false.
    func remove(_ container: String, force: Bool) async throws(ContainerError)

    /// What it has written, and with `follows` what it writes until it ends. The sequence throws `notFound`, and
    /// `unsupported` when the container keeps no log.
    func logs(_ container: String, _ query: ContainerLog.Query) -> ContainerSequence<ContainerLog.Entry>

    /// What containers use, a sample of all of them each second. The sequence throws `notFound` for a name that is none.
    func stats(_ selection: StatisticsSelection) -> ContainerSequence<[ContainerStatistics]>

    /// What happens to containers and images, whoever does it. Nothing is missed from the call on.
    /// - Parameter since: nanoseconds since 1970; what happened since then comes first, as far as it is kept. Nil is now.
    func events(since: Int64?) -> ContainerSequence<Event>
}

extension ContainerService {
    public func list() async throws(ContainerError) -> [ContainerSummary] { try await list(all: false) }

    public func run(_ options: ContainerOptions) async throws(ContainerError) -> RunResult {
        try await run(options, outputLimit: 16 << 20)
    }

    public func exec(_ container: String, _ command: [String]) async throws(ContainerError) -> ContainerProcess {
        try await exec(container, ExecOptions(command: command))
    }

    public func stop(_ container: String) async throws(ContainerError) { try await stop(container, timeout: nil) }

    public func remove(_ container: String) async throws(ContainerError) { try await remove(container, force: false) }

    public func kill(_ container: String) async throws(ContainerError) { try await kill(container, signal: "KILL") }

    public func events() -> ContainerSequence<Event> { events(since: nil) }

    public func logs(_ container: String) -> ContainerSequence<ContainerLog.Entry> { logs(container, .init()) }

    public func stats() -> ContainerSequence<[ContainerStatistics]> { stats(.running) }
}
