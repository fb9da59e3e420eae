import ContainerNamespaces
import ContainerSystem

/// What the options of a log driver mean (docker, `--log-driver` and `--log-opt`).
struct LogOptions {
    /// Bytes; 0 for no limit.
    var maximumSize: UInt64
    var maximumFiles: UInt32

    /// docker's options that we have not, and why.
    private static let refused = [
        "labels": "entries have no attributes", "labels-regex": "entries have no attributes",
        "env": "entries have no attributes", "env-regex": "entries have no attributes",
        "tag": "entries have no attributes", "max-buffer-size": "there is no buffer that loses entries",
    ]

    /// - Throws: `invalidArgument` and `unsupported` for an option, in docker's words where it has some.
    init(_ configuration: LogConfiguration) throws(ContainerError) {
        switch configuration.driver {
        case .jsonFile: (maximumSize, maximumFiles) = (DockerDefaults.logSize, DockerDefaults.logFiles)
        case .local: (maximumSize, maximumFiles) = (DockerDefaults.localLogSize, DockerDefaults.localLogFiles)
        case .none: (maximumSize, maximumFiles) = (0, 0)
        }
        for (key, value) in configuration.options.sorted(by: { $0.key < $1.key }) {
            try apply(key, value, configuration.driver)
        }
    }

    private mutating func apply(_ key: String, _ value: String, _ driver: LogConfiguration.Driver)
        throws(ContainerError)
    {
        if let reason = Self.refused[key] {
            throw ContainerError(.unsupported, "log opt '\(key)' is not supported", cause: reason)
        }
        switch key {
        case "max-size" where driver != .none: maximumSize = try Self.size(value)
        case "max-file" where driver != .none:
            guard let number = UInt32(value) else {
                throw ContainerError(.invalidArgument, "log opt max-file=\(value)", cause: "it must be a number")
            }
            guard number >= 1 else { throw ContainerError(.invalidArgument, "max-file cannot be less than 1") }
            maximumFiles = number
        case "compress" where driver != .none:
            try Self.require(
                key, value, ["false", "0", "f", "F", "FALSE", "False"], "old log files are kept as they are")
        case "mode": try Self.require(key, value, ["blocking"], "a log loses no entries")
        default:
            throw ContainerError(.invalidArgument, "unknown log opt '\(key)' for \(driver.rawValue) log driver")
        }
    }

    private static func require(_ key: String, _ value: String, _ allowed: [String], _ reason: String)
        throws(ContainerError)
    {
        guard !allowed.contains(value) else { return }
        throw ContainerError(
            .unsupported, "log opt \(key)=\(value) is not supported", cause: reason, hint: "\(key)=\(allowed[0]) is")
    }

    /// docker's, for which `10m` is ten million here, and not a multiple of 1024 as elsewhere.
    /// -1 is no limit.
    private static func size(_ text: String) throws(ContainerError) -> UInt64 {
        if text == "-1" { return 0 }
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix = text[number.endIndex...].trimmingPrefix(" ").lowercased()
        guard let value = Double(number), let factor = factor(suffix) else {
            throw ContainerError(.invalidArgument, "log opt max-size=\(text)", cause: "invalid size: '\(text)'")
        }
        guard let bytes = UInt64(exactly: (value * factor).rounded(.down)), bytes > 0 else {
            throw ContainerError(.invalidArgument, "max-size must be a positive number")
        }
        return bytes
    }

    private static func factor(_ suffix: String) -> Double? {
        if suffix.isEmpty || suffix == "b" { return 1 }
        guard let power = Array("kmgtp").firstIndex(of: suffix.first ?? " ") else { return nil }
        guard ["", "b", "ib"].contains(suffix.dropFirst()) else { return nil }
        return (0...power).reduce(1) { value, _ in value * 1000 }
    }
}

extension ContainerFolders {
    /// Of the driver `local`, as docker names it.
    var localLogFile: String { "\(folder)/local-logs/container.log" }
}

extension Engine {
    /// Where the output of a container goes; nil for nowhere. The folder is made.
    static func log(_ configuration: LogConfiguration?, _ folders: ContainerFolders, id: String) throws(ContainerError)
        -> LaunchPlan.Log?
    {
        guard let configuration else {
            return .init(
                file: folders.logFile(id: id), maximumSize: DockerDefaults.logSize,
                maximumFiles: DockerDefaults.logFiles)
        }
        let options = try LogOptions(configuration)
        let file: String
        switch configuration.driver {
        case .none: return nil
        case .jsonFile: file = folders.logFile(id: id)
        case .local:
            file = folders.localLogFile
            try Files.makeDirectory("\(folders.folder)/local-logs", mode: 0o700)
        }
        return .init(
            file: file, format: configuration.driver == .local ? .local : .jsonFile, maximumSize: options.maximumSize,
            maximumFiles: options.maximumFiles)
    }
}
