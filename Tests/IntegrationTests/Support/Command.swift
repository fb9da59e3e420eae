import ContainerSystem
import Glibc

/// A program run to its end, with its output caught.
struct CommandResult: CustomStringConvertible {
    let status: Int32
    let output: String
    let errors: String

    var lines: [Substring] { output.split(separator: "\n") }
    /// A line of the output; empty where there is none.
    func line(_ index: Int) -> String { lines.indices.contains(index) ? String(lines[index]) : "" }

    var description: String { "status \(status)\n\(output)\(errors)" }
}

enum Command {
    /// Starts a program; the pid.
    static func spawn(
        _ arguments: [String], environment: [String] = [], input: CInt, output: CInt, error: CInt
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, target) in [(input, 0), (output, 1), (error, 2)] {
            posix_spawn_file_actions_adddup2(&actions, descriptor, CInt(target))
        }
        let own = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C"]
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = (own + environment).map { strdup($0) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var pid = pid_t()
        let failure = posix_spawnp(&pid, arguments[0], &actions, nil, argv, envp)
        guard failure == 0 else { throw ContainerError(Errno(rawValue: failure), "start \(arguments[0])") }
        return pid
    }

    /// Runs a program to its end.
    /// - Parameter timeout: seconds, after which it is killed and the test fails.
    static func run(_ arguments: [String], environment: [String] = [], input: String = "", timeout: Int = 120) throws
        -> CommandResult
    {
        var template = Array("/var/tmp/ck-it-io-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContainerError(.current, "make a temporary folder") }
        let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { try? Files.removeTree(folder) }
        try Files.replace(folder + "/in", with: Array(input.utf8))
        let streams = try (
            Descriptor.open(folder + "/in", O_RDONLY), Descriptor.open(folder + "/out", O_RDWR | O_CREAT, mode: 0o600),
            Descriptor.open(folder + "/err", O_RDWR | O_CREAT, mode: 0o600)
        )
        let pid = try withExtendedLifetime(streams) {
            try spawn(
                arguments, environment: environment, input: streams.0.raw, output: streams.1.raw, error: streams.2.raw)
        }
        let status = try wait(pid, timeout: timeout, name: arguments.joined(separator: " "))
        return CommandResult(
            status: status, output: try Files.readText(folder + "/out", limit: 64 << 20),
            errors: try Files.readText(folder + "/err", limit: 64 << 20))
    }

    /// Waits until a process that we started through unshare(1) has become `sleep`, and so is in its namespaces.
    static func awaitSleep(_ pid: pid_t) throws {
        for _ in 0..<30_000 {
            if (try? Files.readText("/proc/\(pid)/comm", limit: 64))?.hasPrefix("sleep") == true { return }
            usleep(2000)
        }
        throw ContainerError(.unavailable, "unshare(1) has not started sleep(1) in a minute")
    }

    /// Waits for a child of ours; its status as a shell counts it.
    static func wait(_ pid: pid_t, timeout: Int, name: String) throws -> Int32 {
        let timeout = timeout * Patience.factor
        let identity = ProcessIdentity(pid: pid, startTime: ProcessIdentity.startTime(of: pid) ?? 0)
        let ended = identity.waitForEnd(milliseconds: timeout * 1000)
        if !ended { kill(pid, SIGKILL) }
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        guard ended else { throw ContainerError(.cancelled, "\(name): no end after \(timeout) seconds") }
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }
}
