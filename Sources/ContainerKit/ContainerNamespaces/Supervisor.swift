import ContainerSystem
public struct Supervisor: Sendable {
    public static func connect(runFolder: String) throws(ContainerError) -> Supervisor {
        throw ContainerError(.unavailable, "none")
    }
    public func stop(signal: Int32, timeoutMilliseconds: Int?) throws(ContainerError) {}
    public func setRestartPolicy(_ policy: RestartPolicy) throws(ContainerError) {}
    public enum Event: Sendable, Equatable {
        case exited(status: Int32, willRestart: Bool, wasKilledAfterTimeout: Bool)
        case detached
    }
    public func next(milliseconds: Int?) throws(ContainerError) -> Event? { nil }
}
