import ContainerNamespaces
import ContainerSystem
import OCISpec

/// The steps that say what the shim does while a container runs, and after its end.
enum SupervisionPlanner {
    static func steps(_ context: LaunchContext) throws(ContainerError) -> [LaunchPlan.Operation] {
        var result: [LaunchPlan.Operation] = []
        if context.acceptsClients, let folder = context.stateFolders?.run {
            result.append(.listenForClients(folder: folder))
        }
        if context.restart != .no { result.append(.restart(context.restart)) }
        if !context.network.heldPorts.isEmpty { result.append(.holdPorts(context.network.heldPorts)) }
        if let events = context.events { result.append(.recordEvents(events)) }
        if let memory = context.cgroup.memoryEvents {
            result.append(.watchMemory(counter: memory.counter, control: memory.control))
        }
        if let health = context.health { result.append(.checkHealth(try checks(health, context))) }
        return result
    }

    /// docker's numbers where the check leaves them open.
    private static func checks(_ health: LaunchContext.Health, _ context: LaunchContext) throws(ContainerError)
        -> LaunchPlan.HealthChecks
    {
        let second: Int64 = 1_000_000_000
        func duration(_ value: Int64, _ standard: Int64) -> UInt64 { UInt64(value > 0 ? value : standard) }
        var own = LaunchContext()
        own.streams = [.pass, .own]
        own.cgroup = .init(joinFiles: context.cgroup.joinFiles, cloneFolder: context.cgroup.cloneFolder)
        own.seccomp = context.seccomp
        let check = health.check
        let timeout = duration(check.timeout, 30 * second)
        // Whom it joins is known once the container runs.
        return .init(
            plan: try LaunchPlanner.execute(health.process, joining: .init(pid: 0, startTime: 0), in: own),
            interval: duration(check.interval, 30 * second), timeout: timeout,
            startPeriod: duration(check.startPeriod, 0), startInterval: duration(check.startInterval, 5 * second),
            retries: UInt64(check.retries > 0 ? check.retries : 3),
            timeoutText: "Health check exceeded timeout (\(DurationText.go(timeout)))")
    }
}

/// Durations as Go writes them: `1m30s`, `1.5s`, `20ms`.
enum DurationText {
    static func go(_ nanoseconds: UInt64) -> String {
        if nanoseconds == 0 { return "0s" }
        if nanoseconds < 1000 { return "\(nanoseconds)ns" }
        if nanoseconds < 1_000_000 { return fraction(nanoseconds, 1000) + "µs" }
        if nanoseconds < 1_000_000_000 { return fraction(nanoseconds, 1_000_000) + "ms" }
        let seconds = nanoseconds / 1_000_000_000
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        let rest = fraction(nanoseconds - (hours * 3600 + minutes * 60) * 1_000_000_000, 1_000_000_000) + "s"
        if hours > 0 { return "\(hours)h\(minutes)m\(rest)" }
        return minutes > 0 ? "\(minutes)m\(rest)" : rest
    }

    private static func fraction(_ value: UInt64, _ unit: UInt64) -> String {
        guard value % unit > 0 else { return "\(value / unit)" }
        var digits = String(unit + value % unit).dropFirst()
        while digits.last == "0" { digits = digits.dropLast() }
        return "\(value / unit).\(digits)"
    }
}
