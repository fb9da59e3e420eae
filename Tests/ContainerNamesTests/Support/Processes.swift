import CKLinux
import ContainerSystem
import Glibc

/// A process that sleeps in a network namespace of its own, as a container's first process does. It is killed at the end.
final class Sleeper {
    let pid: pid_t

    /// - Parameter hasLoopback: whether the loopback interface is up.
    init(hasLoopback: Bool = true) throws {
        pid = try Self.spawn(["unshare", "--net", "sleep", "300"])
        var here = stat()
        try system("stat") { stat("/proc/self/ns/net", &here) }
        for _ in 0..<5000 {
            var there = stat()
            if stat("/proc/\(pid)/ns/net", &there) == 0, there.st_ino != here.st_ino { break }
            usleep(1000)
        }
        if hasLoopback { try raiseLoopback() }
    }

    func raiseLoopback() throws {
        let status = try Self.run(["nsenter", "--net=/proc/\(pid)/ns/net", "ip", "link", "set", "lo", "up"]).status
        guard status == 0 else { throw ContainerError(.systemFailure, "raise the loopback interface") }
    }

    func end() {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    var startTime: UInt64 { ProcessIdentity.startTime(of: pid) ?? 0 }

    /// Runs the body on a thread in this process's network namespace; the thread ends with it, since one that other work
    /// shares must never change its namespace.
    func inside<Value>(_ body: @escaping () throws -> Value) throws -> Value {
        try Self.onThread { [pid] in
            let namespace = try Descriptor.open("/proc/\(pid)/ns/net", O_RDONLY)
            try system("setns") { setns(namespace.raw, CK_CLONE_NEWNET) }
            return try body()
        }
    }

    private final class Box {
        let work: () -> Void
        init(_ work: @escaping () -> Void) { self.work = work }
    }

    private static func onThread<Value>(_ body: @escaping () throws -> Value) throws -> Value {
        var result: Result<Value, any Error>?
        try withoutActuallyEscaping(body) { body in
            let box = Box { result = Result { try body() } }
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Box>.fromOpaque(argument).takeUnretainedValue().work()
                    return nil
                }, Unmanaged.passUnretained(box).toOpaque())
            guard status == 0 else { throw ContainerError(Errno(rawValue: status), "make a thread") }
            pthread_join(thread, nil)
        }
        guard let result else { throw ContainerError(.systemFailure, "the thread has no result") }
        return try result.get()
    }

    static func spawn(_ arguments: [String], output: CInt? = nil) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let output { for stream: CInt in [1, 2] { posix_spawn_file_actions_adddup2(&actions, output, stream) } }
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, arguments[0], &actions, nil, &pointers, environ)
        guard result == 0 else { throw ContainerError(Errno(rawValue: result), "run \(arguments[0])") }
        return pid
    }

    /// Runs a program to its end; what it printed to both streams.
    static func run(_ arguments: [String]) throws -> (status: CInt, text: String) {
        let reader: Descriptor
        let pid: pid_t
        do {
            let (reading, writer) = try Descriptor.pipe()
            reader = reading
            pid = try spawn(arguments, output: writer.raw)
        }
        let bytes = try reader.readAll(limit: 1 << 20, name: arguments[0])
        var status: CInt = 0
        try system("waitpid") { waitpid(pid, &status, 0) }
        return (status, String(decoding: bytes, as: UTF8.self))
    }
}
