import ContainerNamespaces
import ContainerRuntime
import ContainerSystem
import Glibc
import OCISpec

extension OCICommands {
    static var exec: OCICommand {
        OCICommand(
            name: "exec", abstract: "run one more process in a container",
            operands: "<container-id> <command> [arguments...] | --process FILE <container-id>", count: 1...Int.max,
            flags: [
                OCIFlag(
                    "console-socket", kind: .text, help: "UNIX socket that gets the descriptor of the terminal's master"
                ),
                OCIFlag(
                    "pidfd-socket", kind: .text, help: "", refusal: "open a pidfd of the pid in --pid-file instead"),
                OCIFlag("cwd", kind: .text, help: "working folder in the container"),
                OCIFlag("env", "e", kind: .list, help: "set an environment variable, NAME=VALUE"),
                OCIFlag("tty", "t", kind: .isSwitch, help: "give the process a terminal"),
                OCIFlag("user", "u", kind: .text, help: "UID[:GID]"),
                OCIFlag("additional-gids", "g", kind: .numbers, help: "add a supplementary group"),
                OCIFlag("process", "p", kind: .text, help: "file with the process as JSON, as in config.json"),
                OCIFlag("detach", "d", kind: .isSwitch, help: "do not wait for its end"),
                OCIFlag("pid-file", kind: .text, help: "file that gets the pid of the process"),
                OCIFlag("process-label", kind: .text, help: "SELinux label of the process"),
                OCIFlag("apparmor", kind: .text, help: "AppArmor profile of the process"),
                OCIFlag("no-new-privs", kind: .isSwitch, help: "set no_new_privs for the process"),
                OCIFlag("cap", "c", kind: .list, help: "add a capability"),
                OCIFlag(
                    "preserve-fds", kind: .number, help: "how many more descriptors, from 3 on, the process gets",
                    standard: "0"),
                OCIFlag("cgroup", kind: .list, help: "a control group below the container's, which is there"),
                OCIFlag("ignore-paused", kind: .isSwitch, help: "also into a paused container"),
                OCIFlag("no-subreaper", kind: .isSwitch, help: "adopt no orphans (this runtime never does)"),
            ],
            stopsAtOperand: true, failureStatus: 255, failurePrefix: "exec failed: "
        ) { session in
            let runtime = try session.runtime()
            var process = try process(session, runtime)
            let options = try execOptions(session)
            let hasTerminal = process.terminal == true
            if options.detaches, hasTerminal, options.consoleSocket == nil { throw OCIForeground.missingSocket }
            if !options.detaches || !hasTerminal, options.consoleSocket != nil { throw OCIForeground.needlessSocket }
            if options.detaches {
                _ = try runtime.execute(in: session.id, process, options, streams: .own)
                return 0
            }
            if hasTerminal, let size = TerminalSize.current {
                process.consoleSize = .init(height: size.rows, width: size.columns)
            }
            let foreground = try Foreground(forwarded: OCIForeground.signals, types: false, isRaw: false)
            let running = try runtime.execute(in: session.id, process, options, streams: .own)
            return try OCIForeground.wait(for: running, foreground, hasTerminal: hasTerminal)
        }
    }

    private static func execOptions(_ session: OCISession) throws -> OCIRuntime.ExecOptions {
        var options = OCIRuntime.ExecOptions()
        options.pidFile = try session.path("pid-file")
        options.consoleSocket = try session.path("console-socket")
        options.preservedDescriptors = try session.preservedDescriptors()
        options.detaches = session.words.isOn("detach")
        options.ignorePaused = session.words.isOn("ignore-paused")
        options.cgroup = try subgroup(session.words.all("cgroup"))
        return options
    }

    /// runc takes `controller:path` too, where each controller has a tree of its own.
    static func subgroup(_ values: [String]) throws(CommandFailure) -> String? {
        guard let first = values.first else { return nil }
        guard values.count == 1, !first.contains(":") else {
            throw CommandFailure(
                "--cgroup \(values.joined(separator: " --cgroup ")): one path for all controllers is supported",
                status: 1)
        }
        return first
    }

    private static func process(_ session: OCISession, _ runtime: OCIRuntime) throws -> RuntimeSpec.Process {
        if let file = session.words.filled("process") { return try OCIDocument.process(file) }
        guard session.words.operands.count > 1 else {
            throw CommandFailure("process args cannot be empty", status: 1)
        }
        var process = try runtime.specification(of: session.id).process
        try ExecFlags.apply(session.words, to: &process)
        try process.validate(name: "process")
        return process
    }
}

/// What the flags of exec change of the container's own process.
enum ExecFlags {
    static func apply(_ words: OCIWords, to process: inout RuntimeSpec.Process) throws(CommandFailure) {
        process.args = Array(words.operands.dropFirst())
        process.terminal = words.isOn("tty")
        process.env += words.all("env")
        if let folder = words.filled("cwd") { process.cwd = folder }
        if let profile = words.filled("apparmor") { process.apparmorProfile = profile }
        if let label = words.filled("process-label") { process.selinuxLabel = label }
        if words.text("no-new-privs") != nil { process.noNewPrivileges = words.isOn("no-new-privs") }
        add(words.all("cap"), to: &process)
        if let user = words.filled("user") { try set(user, of: &process) }
        for group in words.numbers("additional-gids") {
            guard let gid = UInt32(exactly: group) else {
                throw CommandFailure("additional-gids must be a positive number \(group)", status: 1)
            }
            process.user.additionalGids = (process.user.additionalGids ?? []) + [gid]
        }
    }

    private static func add(_ names: [String], to process: inout RuntimeSpec.Process) {
        guard !names.isEmpty else { return }
        var sets = process.capabilities ?? .init()
        sets.bounding = (sets.bounding ?? []) + names
        sets.effective = (sets.effective ?? []) + names
        sets.permitted = (sets.permitted ?? []) + names
        // Only what is inheritable can be ambient (capabilities(7)).
        let inheritable = sets.inheritable ?? []
        sets.ambient = (sets.ambient ?? []) + names.filter { inheritable.contains($0) }
        process.capabilities = sets
    }

    private static func set(_ user: String, of process: inout RuntimeSpec.Process) throws(CommandFailure) {
        let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let uid = UInt32(parts[0]) else { throw failure(parts[0], "uid") }
        process.user.uid = uid
        guard parts.count > 1 else { return }
        guard let gid = UInt32(parts[1]) else { throw failure(parts[1], "gid") }
        process.user.gid = gid
    }

    private static func failure(_ text: Substring, _ what: String) -> CommandFailure {
        CommandFailure("--user: \(Quoting.go(String(text))) is not a \(what)", status: 1)
    }
}
