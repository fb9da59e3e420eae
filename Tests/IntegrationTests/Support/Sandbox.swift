import ContainerSystem
import Glibc
import Testing

/// Where a test may do as it likes: network and mount namespaces of its own, held by a sleeping process, and a state
/// root of its own with an image `bb` made of busybox. Whatever the test starts ends with it.
final class Sandbox {
    let folder: String
    private let holder: pid_t
    private var cleanUps: [() -> Void] = []

    /// Nobody else's.
    var name: String { String(folder.split(separator: "/").last ?? "") }
    var root: String { folder + "/root" }
    var runRoot: String { folder + "/run" }
    var dockerConfig: String { folder + "/docker" }
    /// What `ck` finds in its environment besides, `NAME=VALUE`.
    var environment: [String] = []

    static func with(image: Bool = true, _ body: (Sandbox) throws -> Void) throws {
        let sandbox = try Sandbox()
        defer { sandbox.end() }
        if image { try sandbox.makeImage() }
        try body(sandbox)
    }

    private init() throws {
        var template = Array("/var/tmp/ck-it-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContainerError(.current, "make a temporary folder") }
        folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        chmod(folder, 0o755)
        let null = try Descriptor.open("/dev/null", O_RDWR)
        holder = try Command.spawn(
            ["unshare", "--net", "--mount", "--propagation", "private", "sleep", "3600"],
            input: null.raw, output: null.raw, error: null.raw)
        // The process is in its namespaces once it has become `sleep`.
        try Command.awaitSleep(holder)
        guard try inside(["ip", "link", "set", "lo", "up"]).status == 0 else {
            throw ContainerError(.systemFailure, "set up the sandbox's network")
        }
    }

    private func end() {
        if let ids = try? ck(["ps", "-a", "-q", "--no-trunc"]).lines, !ids.isEmpty {
            _ = try? ck(["rm", "-f"] + ids.map(String.init))
        }
        for cleanUp in cleanUps.reversed() { cleanUp() }
        kill(holder, SIGKILL)
        waitpid(holder, nil, 0)
        try? Files.removeTree(folder)
    }

    /// What is mounted in its namespace, a line each.
    var mounts: [Substring] {
        ((try? Files.readText("/proc/\(holder)/mountinfo", limit: 1 << 20)) ?? "").split(separator: "\n")
    }

    func atEnd(_ cleanUp: @escaping () -> Void) { cleanUps.append(cleanUp) }

    /// Does now what was to be done at the end.
    func endNow() {
        for cleanUp in cleanUps.reversed() { cleanUp() }
        cleanUps = []
    }

    // MARK: - Running

    static let binFolder: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let program = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        // `swift test` runs a bundle that another program loads; the bundle's folder is in the arguments then.
        let candidates = [program] + CommandLine.arguments
        for candidate in candidates {
            guard let slash = candidate.lastIndex(of: "/") else { continue }
            let folder = String(candidate[..<slash])
            if access(folder + "/ck", X_OK) == 0, access(folder + "/ck-shim", X_OK) == 0 { return folder }
        }
        return "/nowhere"
    }()

    func entering(_ arguments: [String]) -> [String] {
        ["nsenter", "--net=/proc/\(holder)/ns/net", "--mount=/proc/\(holder)/ns/mnt", "--wd=/"] + arguments
    }

    /// Runs a command in the sandbox's namespaces.
    @discardableResult
    func inside(_ arguments: [String], input: String = "", timeout: Int = 120) throws -> CommandResult {
        try Command.run(entering(arguments), input: input, timeout: timeout)
    }

    /// `ck` with the sandbox's state.
    var ckProgram: [String] { [Self.binFolder + "/ck", "--root", root, "--run-root", runRoot] }

    func ckArguments(_ arguments: [String]) -> [String] { entering(ckProgram + arguments) }

    /// Runs `ck` in the sandbox; docker's configuration is that of the sandbox as well.
    @discardableResult
    func ck(_ arguments: [String], input: String = "", timeout: Int = 120) throws -> CommandResult {
        try Command.run(
            ckArguments(arguments), environment: ["DOCKER_CONFIG=\(dockerConfig)"] + environment, input: input,
            timeout: timeout)
    }

    /// Starts `ck` and leaves it running; the pid of nsenter, which becomes ck.
    func startCk(_ arguments: [String]) throws -> pid_t {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        return try Command.spawn(ckArguments(arguments), input: null.raw, output: null.raw, error: null.raw)
    }

    /// `ck run --rm bb sh -c SCRIPT` with options.
    func shell(_ script: String, _ options: [String] = [], input: String = "") throws -> CommandResult {
        try ck(["run", "--rm"] + options + ["bb", "sh", "-c", script], input: input)
    }

    /// The processes of that name in the sandbox's mount namespace.
    func processes(named name: String) -> [Int32] {
        func namespace(_ pid: Int32) -> String? {
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = readlink("/proc/\(pid)/ns/mnt", &buffer, buffer.count)
            return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
        }
        let own = namespace(holder)
        return ((try? Files.list("/proc")) ?? []).compactMap { Int32($0) }.filter { pid in
            (try? Files.readText("/proc/\(pid)/comm", limit: 64)) == name + "\n" && namespace(pid) == own
        }
    }

    // MARK: - Images

    /// A root file system of busybox.
    func makeRootFolder(_ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        for part in ["bin", "etc", "tmp", "root"] { try Files.makeDirectory("\(path)/\(part)") }
        try Files.replace(path + "/bin/busybox", with: try Files.read("/bin/busybox", limit: 16 << 20), mode: 0o755)
        for applet in try Command.run(["/bin/busybox", "--list"]).lines where applet != "busybox" {
            symlink("busybox", "\(path)/bin/\(applet)")
        }
        try Files.replace(
            path + "/etc/passwd",
            with: Array("root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:a user:/tmp:/bin/sh\n".utf8))
        try Files.replace(
            path + "/etc/group", with: Array("root:x:0:\nwheel:x:10:root\nuser:x:1000:\nextra:x:2000:user\n".utf8))
        chmod(path + "/tmp", 0o1777)
        return path
    }

    /// podman with a state of its own.
    var podman: [String] {
        ["podman", "--root", folder + "/podman", "--runroot", folder + "/podman-run"]
            + ["--tmpdir", folder + "/podman-tmp", "--storage-driver", "vfs"]
    }

    /// An archive of docker's, of another age, from one that `ck save` wrote.
    func makeDockerArchive(_ kind: String, _ source: String, _ target: String) throws {
        let made = try inside(["python3", Fixture.path("docker-archive.py"), kind, source, target])
        guard made.status == 0 else { throw ContainerError(.systemFailure, "docker-archive.py: \(made)") }
    }

    private func makeImage() throws {
        let path = try makeRootFolder("bb")
        let result = try ck(["init", path, "bb"])
        guard result.status == 0 else { throw ContainerError(.systemFailure, "ck init: \(result)") }
    }
}

/// The layout of the host's control groups, by what containers see of it.
enum HostCgroups {
    static let isUnified = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0
    static let memoryFile = isUnified ? "/sys/fs/cgroup/memory.max" : "/sys/fs/cgroup/memory/memory.limit_in_bytes"
    static let pidsFile = isUnified ? "/sys/fs/cgroup/pids.max" : "/sys/fs/cgroup/pids/pids.max"
    static let cpuFiles =
        isUnified
        ? "/sys/fs/cgroup/cpu.max" : "/sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us"

    /// Every control group of ours that is there.
    static func containers() -> [String] {
        let trees =
            isUnified ? ["/sys/fs/cgroup"] : (try? Files.list("/sys/fs/cgroup"))?.map { "/sys/fs/cgroup/" + $0 } ?? []
        return trees.flatMap { tree in
            ((try? Files.list(tree)) ?? []).filter { $0.hasPrefix("containerkit") }.map { tree + "/" + $0 }
        }
    }
}
