import ContainerEngine
import ContainerNamespaces

extension ContainerArguments {
    /// Nil when nothing is said about it.
    func health() throws -> HealthCheck? {
        let interval = try duration("health-interval")
        let timeout = try duration("health-timeout")
        let startPeriod = try duration("health-start-period")
        let startInterval = try duration("health-start-interval")
        let retries = try words.last("health-retries").map { Int(try Numbers.whole($0, flag: "health-retries")) } ?? 0
        guard retries >= 0 else { throw negative("health-retries") }
        let command = words.last("health-cmd").flatMap { $0.isEmpty ? nil : $0 }
        let isGiven =
            command != nil || [interval, timeout, startPeriod, startInterval].contains { $0 != 0 } || retries != 0
        if words.isOn("no-healthcheck") {
            if isGiven {
                throw CommandFailure("ck: --no-healthcheck conflicts with --health-* options", status: 125)
            }
            return HealthCheck(test: ["NONE"])
        }
        guard isGiven else { return nil }
        var health = HealthCheck(test: command.map { ["CMD-SHELL", $0] } ?? [])
        (health.interval, health.timeout, health.retries) = (interval, timeout, retries)
        (health.startPeriod, health.startInterval) = (startPeriod, startInterval)
        return health
    }

    private func duration(_ flag: String) throws -> Int64 {
        guard let text = words.last(flag) else { return 0 }
        let span = try GoDuration.parse(text, flag: flag)
        guard span >= 0 else { throw negative(flag) }
        return span
    }

    private func negative(_ flag: String) -> CommandFailure {
        CommandFailure("ck: --\(flag) cannot be negative", status: 125)
    }
}
