import ContainerSystem
import Glibc

/// What ps(1) says of some processes.
enum ProcessTable {
    /// The heading and the lines of those processes.
    static func lines(of output: String, _ processes: [Int32]) throws(CommandFailure) -> [String] {
        let lines = output.split(separator: "\n")
        guard let heading = lines.first, let column = heading.split(separator: " ").firstIndex(of: "PID") else {
            throw CommandFailure("the output of ps has no column PID", status: 1)
        }
        let wanted = Set(processes)
        return [String(heading)]
            + lines.dropFirst().filter { line in
                let fields = line.split(separator: " ")
                guard fields.indices.contains(column), let pid = Int32(fields[column]) else { return false }
                return wanted.contains(pid)
            }.map(String.init)
    }
}

/// A program of the host, for what only it knows.
enum HostCommand {
    /// What a program writes, errors too; nothing is its input.
    static func output(_ arguments: [String]) throws -> String {
        let (pid, reader) = try spawn(arguments)
        let bytes = try reader.readAll(limit: 64 << 20, name: "the output of \(arguments[0])")
        let output = String(decoding: bytes, as: UTF8.self)
        var status: CInt = 0
        try system("wait for \(arguments[0])") { waitpid(pid, &status, 0) }
        guard status == 0 else {
            let said = output.split(separator: "\n").joined(separator: "; ")
            throw CommandFailure("\(arguments[0]) failed\(said.isEmpty ? "" : ": " + said)", status: 1)
        }
        return output
    }

    /// The writing end is the program's alone when this returns.
    private static func spawn(_ arguments: [String]) throws(ContainerError) -> (pid_t, Descriptor) {
        let (reader, writer) = try Descriptor.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, writer.raw, 1)
        posix_spawn_file_actions_adddup2(&actions, writer.raw, 2)
        var words = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, arguments[0], &actions, nil, &words, environ)
        guard result == 0 else {
            throw ContainerError(
                Errno(rawValue: result), "run \(arguments[0])",
                hint: result == ENOENT ? "install it (Debian: procps), or ask for --format json" : nil)
        }
        return (pid, reader)
    }
}
