import ContainerSystem

/// A container by its id, with what can be done with it.
public struct Container: Sendable {
    /// 64 hexadecimal digits.
    public let id: String
    private let service: any ContainerService

    public init(id: String, service: any ContainerService) {
        self.id = id
        self.service = service
    }

    /// Ends it: its stop signal, then SIGKILL after `timeout` seconds.
    public func stop(timeout: Int? = nil) async throws(ContainerError) { try await service.stop(id, timeout: timeout) }

    /// Removes it and all that it wrote; a running one is killed when `force` is true.
    public func remove(force: Bool = false) async throws(ContainerError) { try await service.remove(id, force: force) }

    /// Waits for its end; the status as a shell counts it.
    public func wait() async throws(ContainerError) -> Int32 { try await service.wait(id) }

    /// What it has written so far, output and errors in their order.
    public func logs() async throws(ContainerError) -> [ContainerLog.Entry] {
        try await service.logs(id, .init()).collect()
    }

    /// What it has written, and what it writes until it ends.
    public func followLogs(last: Int? = nil) -> ContainerSequence<ContainerLog.Entry> {
        service.logs(id, .init(last: last, follows: true))
    }

    /// Runs one more process in it, and waits for its end.
    public func execute(_ command: [String]) async throws(ContainerError) -> RunResult {
        try await service.exec(id, ExecOptions(command: command)).result()
    }
}
