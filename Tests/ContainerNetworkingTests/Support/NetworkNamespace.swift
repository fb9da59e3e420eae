import CKLinux
import ContainerSystem
import Glibc
import Synchronization

/// A network namespace of a test's own. It is entered by a thread made for it, which ends with it: a thread that other
/// work shares must never change its namespace.
enum NetworkNamespace {
    /// Runs the body on a fresh thread in a fresh network namespace. Children that the body starts are in it too.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let work = Box {
                guard unshare(CK_CLONE_NEWNET) == 0 else {
                    continuation.resume(throwing: ContainerError(.current, "unshare the network namespace"))
                    return
                }
                continuation.resume(with: Result { try body() })
            }
            var thread = pthread_t()
            let result = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().work()
                    return nil
                }, Unmanaged.passRetained(work).toOpaque())
            precondition(result == 0, "no thread for the test")
            pthread_detach(thread)
        }
    }

    /// Runs the body in the network namespace of another process, on the thread of `run`, and comes back.
    static func inside<Value>(_ pid: pid_t, _ body: () throws -> Value) throws -> Value {
        let own = try Descriptor.open("/proc/thread-self/ns/net", O_RDONLY)
        let other = try Descriptor.open("/proc/\(pid)/ns/net", O_RDONLY)
        try system("setns") { setns(other.raw, CK_CLONE_NEWNET) }
        defer { _ = setns(own.raw, CK_CLONE_NEWNET) }
        return try body()
    }

    private final class Box {
        let work: () -> Void
        init(_ work: @escaping () -> Void) { self.work = work }
    }
}

/// A process in a network namespace below the calling thread's, as a container's first process is. It is killed at the
/// end.
final class NamespaceHolder {
    let pid: pid_t

    init() throws {
        pid = try Command.spawn(["unshare", "--net", "sleep", "600"])
        let own = try Self.namespace("/proc/thread-self/ns/net")
        for _ in 0..<30_000 {
            if let other = try? Self.namespace("/proc/\(pid)/ns/net"), other != own { return }
            usleep(1000)
        }
        throw ContainerError(.unavailable, "the helper process does not get its namespace")
    }

    private static func namespace(_ path: String) throws -> String {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = try system("readlink \(path)") {
            buffer.withUnsafeMutableBytes { readlink(path, $0.baseAddress!, $0.count) }
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    func end() {
        kill(pid, SIGKILL)
        var status: CInt = 0
        waitpid(pid, &status, 0)
    }
}

/// Programs of the host that read what was made: children of the calling thread, in its network namespace.
enum Command {
    /// Runs a program to its end and gives back what it printed to both streams.
    static func output(_ arguments: [String]) throws -> (status: CInt, text: String) {
        var ends: [CInt] = [0, 0]
        try system("pipe") { ck_pipe(&ends) }
        let reading = Descriptor(owning: ends[0])
        let pid: pid_t
        do {
            let writing = Descriptor(owning: ends[1])
            pid = try spawn(arguments, output: writing.raw)
        }
        let bytes = try reading.readAll(limit: 1 << 20, name: arguments[0])
        var status: CInt = 0
        try system("waitpid") { waitpid(pid, &status, 0) }
        return (status, String(decoding: bytes, as: UTF8.self))
    }

    static func spawn(_ arguments: [String], output: CInt? = nil) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
            posix_spawn_file_actions_adddup2(&actions, output, 2)
        }
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, arguments[0], &actions, nil, &pointers, environ)
        guard result == 0 else { throw ContainerError(Errno(rawValue: result), "run \(arguments[0])") }
        return pid
    }
}
