import ContainerSystem

/// Who is told of names that change while a container runs: the seam for tests that are to start no server.
public protocol NameRegistry: Sendable {
    /// Has the record of a container read again, after its networks or its name have changed; one that was not served until
    /// now is from here on.
    /// - Parameters:
    ///   - id: of a container whose `NameRecord` is written.
    ///   - pid: its first process, in its network namespace.
    /// - Throws: `unavailable` when nobody answers; `systemFailure` with the server's words.
    func update(_ id: String, pid: Int32) throws(ContainerError)
    /// Ends serving a container that goes on to run without networks that have names.
    /// - Throws: as `update`.
    func remove(_ id: String) throws(ContainerError)
}
