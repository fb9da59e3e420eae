import ContainerDatabase
import ContainerNamespaces
import ContainerSystem
import Glibc

extension Engine {
    /// Blocks until a container's program has ended; its exit status. As for docker, the end of a program that will be
    /// started again is an end, and one that does not run has ended.
    /// - Parameter interruption: ends the wait.
    /// - Throws: `notFound`; `cancelled` when it was interrupted.
    public func waitForContainer(_ name: String, interruption: Interruption? = nil) throws(ContainerError) -> Int32 {
        let record = try find(name)
        while true {
            switch state(of: record) {
            case .created, .dead, .removing: return 0
            case .exited(let exit): return exit.status
            case .running(let running), .paused(let running):
                if let status = try awaitExit(record, running, interruption) { return status }
            case .restarting:
                if let status = try awaitExit(record, nil, interruption) { return status }
            }
            if interruption?.isInterrupted == true {
                throw ContainerError(.cancelled, "wait for container \(record.name): interrupted")
            }
        }
    }

    /// - Returns: nil when the state has to be looked at again.
    private func awaitExit(
        _ record: ContainerRecord, _ running: ContainerState.RunningProcess?, _ interruption: Interruption?
    ) throws(ContainerError) -> Int32? {
        if let supervisor = try? Supervisor.connect(runFolder: folders(record.id).runFolder) {
            do throws(ContainerError) {
                while true {
                    if interruption != nil {
                        let ready = poll([supervisor.descriptor, interruption?.descriptor], milliseconds: nil)
                        if ready[1] { return nil }
                    }
                    if case .exited(let status, _, _)? = try supervisor.next(milliseconds: nil) { return status }
                }
            } catch {
                guard error.code == .unavailable else { throw error }
            }
        }
        guard let running else { return nil }
        // Its supervisor was killed, or goes just now.
        if let process = running.process.open(), poll([process.raw, interruption?.descriptor], milliseconds: nil)[1] {
            return nil
        }
        _ = running.shim.waitForEnd(milliseconds: 12_000)
        // What removes itself leaves no status, and who was killed wrote none.
        guard case .exited(let exit) = state(of: record) else { return 255 }
        return exit.status
    }
}
