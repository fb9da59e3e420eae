import ContainerSystem

extension Engine {
    /// Stops a container that runs, and starts it in any case.
    /// - Throws: as `stopContainer` and `startContainer`.
    @discardableResult
    public func restartContainer(_ name: String, signal: String? = nil, timeout: Int? = nil)
        throws(ContainerError) -> StopOutcome
    {
        let record = try find(name)
        let configuration = try Self.decode(record)
        if configuration.autoRemove, state(of: record).isAlive {
            throw ContainerError(
                .unsupported, "cannot restart container \(name): it removes itself when it stops (--rm)")
        }
        let outcome = try stopContainer(record.id, signal: signal, timeout: timeout)
        _ = try startContainer(record.id, streams: nil)
        note("restart", record, configuration)
        return outcome
    }
}
