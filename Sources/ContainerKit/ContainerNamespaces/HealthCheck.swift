/// How the supervisor finds out whether a container's program does its work (docker, `HEALTHCHECK` and `--health-cmd`).
/// Durations are nanoseconds; 0 is docker's default.
public struct HealthCheck: Sendable, Equatable {
    /// `["CMD", …]` or `["CMD-SHELL", command]`; `["NONE"]` takes the image's away.
    public var test: [String]
    public var interval: Int64 = 0
    public var timeout: Int64 = 0
    public var startPeriod: Int64 = 0
    public var startInterval: Int64 = 0
    /// How many failures in a row make it unhealthy; 0 is docker's default.
    public var retries = 0

    public init(test: [String]) { self.test = test }
}
