import ContainerEngine
import ContainerNamespaces
import ContainerSystem
import OCISpec

/// What `run` and `create` ask of a container, read from the words of their command line. A flag that is not there costs
/// one look: this is on the way of every container.
struct ContainerArguments {
    let words: Words

    var image: String { words.operands.first ?? "" }
    var command: [String] { Array(words.operands.dropFirst()) }
    var platform: String? { words.last("platform") }
    var process: ProcessArguments { ProcessArguments(words: words) }

    /// - Throws: in docker's words for a value that it does not take either.
    func options() throws -> ContainerOptions {
        var options = ContainerOptions(image: image, command: command)
        try fillProcess(&options)
        try fillLife(&options)
        options.limits = try limits()
        options.volumes = try volumes()
        options.volumesFrom = try volumesFrom()
        options.labels = try Labels.parse(words.all("label"), files: words.all("label-file"))
        options.annotations = Labels.pairs(words.all("annotation"))
        try fillSecurity(&options)
        try fillPlaces(&options)
        options.health = try health()
        return options
    }

    private func fillProcess(_ options: inout ContainerOptions) throws {
        options.environment = try process.environment()
        options.workingDirectory = try process.workingDirectory()
        options.user = process.user
        options.groups = words.all("group-add")
        // docker: --entrypoint "" takes the image's away.
        options.entrypoint = words.last("entrypoint").map { $0.isEmpty ? [] : [$0] }
        options.terminal = process.tty
        options.terminalSize = process.terminalSize()
        options.stdinOpen = process.interactive || words.all("attach").contains { $0.lowercased() == "stdin" }
        options.attach = try attach()
        options.detachKeys = try process.detachKeys()
        options.usesInit = words.isOn("init")
        options.ulimits = try words.all("ulimit").map(Ulimits.parse)
        if let score = words.last("oom-score-adj") {
            options.oomScoreAdjustment = Int(try Numbers.whole(score, flag: "oom-score-adj"))
        }
    }

    private func fillLife(_ options: inout ContainerOptions) throws {
        options.name = words.last("name").flatMap { $0.isEmpty ? nil : $0 }
        options.autoRemove = words.isOn("rm")
        options.restart = try words.last("restart").map(RestartPolicies.parse) ?? .no
        if options.autoRemove, options.restart != .no {
            throw CommandFailure("ck: conflicting options: cannot specify both --restart and --rm", status: 125)
        }
        options.stopSignal = words.last("stop-signal")
        if let seconds = words.last("stop-timeout") {
            options.stopTimeout = Int(try Numbers.whole(seconds, flag: "stop-timeout"))
        }
        options.logging = try logging()
        options.readOnlyRoot = words.isOn("read-only")
        if let isolation = words.last("isolation"), !isolation.isEmpty, isolation != "default" {
            throw CommandFailure(
                "ck: invalid isolation: \(Quoting.go(isolation)) - linux only supports 'default'", status: 125)
        }
    }

    /// The streams that are asked for by name.
    private func attach() throws -> [String]? {
        let names = try words.all("attach").map { name throws(FlagError) in
            let stream = name.lowercased()
            guard ["stdin", "stdout", "stderr"].contains(stream) else {
                throw FlagError("attach", name, "valid streams are STDIN, STDOUT and STDERR")
            }
            return stream
        }
        guard !names.isEmpty else { return nil }
        if words.isOn("detach") {
            throw CommandFailure("ck: conflicting options: cannot specify both --attach and --detach", status: 1)
        }
        return names
    }

    private func logging() throws -> LogConfiguration? {
        let pairs = words.all("log-opt")
        guard let name = words.last("log-driver") ?? (pairs.isEmpty ? nil : LogConfiguration.Driver.jsonFile.rawValue)
        else { return nil }
        guard let driver = LogConfiguration.Driver(rawValue: name.isEmpty ? "json-file" : name) else {
            throw CommandFailure(
                "ck: error looking up logging plugin \(name): plugin \"\(name)\" not found"
                    + " (there are json-file, local and none)", status: 125)
        }
        if driver == .none, !pairs.isEmpty {
            throw CommandFailure("ck: invalid logging opts for driver none", status: 125)
        }
        return LogConfiguration(driver: driver, options: Labels.pairs(pairs))
    }
}

/// `--restart POLICY[:MAXIMUM]`.
enum RestartPolicies {
    static func parse(_ text: String) throws -> RestartPolicy {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var maximum = 0
        if parts.count > 1 {
            guard let number = Int(parts[1]) else {
                throw failure("invalid restart policy format: maximum retry count must be an integer")
            }
            maximum = number
        }
        guard let plain = RestartPolicy(name: parts[0]) else {
            throw failure(
                "invalid restart policy: unknown policy '\(parts[0])';"
                    + " use one of 'no', 'always', 'on-failure', or 'unless-stopped'")
        }
        guard maximum >= 0 else { throw failure("invalid restart policy: maximum retry count cannot be negative") }
        guard let policy = RestartPolicy(name: parts[0], maximum: maximum) else {
            throw failure(
                "invalid restart policy: maximum retry count cannot be used with restart policy '\(plain.name)'")
        }
        return policy
    }

    private static func failure(_ text: String) -> CommandFailure { CommandFailure("ck: \(text)", status: 125) }
}

/// `--ulimit NAME=SOFT[:HARD]`; -1 is no limit.
enum Ulimits {
    /// Those of setrlimit(2), by docker's names.
    private static let names = [
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
        "rttime", "sigpending", "stack",
    ]

    static func parse(_ text: String) throws(FlagError) -> ContainerOptions.Ulimit {
        func refused(_ reason: String) -> FlagError { FlagError("ulimit", text, reason) }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw refused("invalid ulimit argument: \(text)") }
        guard names.contains(parts[0]) else { throw refused("invalid ulimit type: \(parts[0])") }
        let limits = parts[1].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard limits.count <= 2 else {
            throw refused(
                "too many limit value arguments - \(parts[1]), can only have up to two, `soft[:hard]`")
        }
        var numbers = [Int64]()
        for limit in limits {
            guard let number = Int64(limit) else { throw refused("'\(limit)' is not a whole number") }
            numbers.append(number)
        }
        let (soft, hard) = (numbers[0], numbers.count > 1 ? numbers[1] : numbers[0])
        guard hard == -1 || (soft != -1 && soft <= hard) else {
            throw refused("ulimit soft limit must be less than or equal to hard limit: \(soft) > \(hard)")
        }
        return .init(name: parts[0], soft: soft, hard: hard)
    }
}
