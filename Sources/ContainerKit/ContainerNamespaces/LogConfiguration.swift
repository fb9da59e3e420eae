/// Where a container's output is kept (docker, `--log-driver` and `--log-opt`).
public struct LogConfiguration: Sendable, Equatable {
    public enum Driver: String, Sendable, CaseIterable {
        case jsonFile = "json-file"
        case local
        case none
    }

    public var driver: Driver
    /// As they were given: `max-size`, `max-file` and so on.
    public var options: [String: String]

    public init(driver: Driver = .jsonFile, options: [String: String] = [:]) {
        self.driver = driver
        self.options = options
    }
}
