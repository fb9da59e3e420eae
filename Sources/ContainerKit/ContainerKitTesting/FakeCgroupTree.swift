import ContainerCgroups
import ContainerSystem
import Glibc
import Synchronization

/// Control groups without a kernel: a folder tree in memory that behaves as the kernel's. A new folder has the files of
/// its tree, and a folder with processes or children cannot be removed (cgroups(7)).
public final class FakeCgroupTree: CgroupFileSystem {
    /// What the tree holds, and what was done to it.
    public struct State: Sendable {
        public var files: [String: String] = [:]
        public var directories: Set<String> = []
        /// By mount point: what a new folder holds.
        public var templates: [String: [String: String]] = [:]
        public var magics: [String: UInt64] = [:]
        /// Writes in order, as `path=value`.
        public var writes: [String] = []
        /// What the next calls on a path fail with.
        public var failures: [String: [CInt]] = [:]
        public var programs: [String: [UInt64]] = [:]
        public var signals: [Int32] = []
        /// Who was given a file.
        public var owners: [String: UInt32] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    /// Looks at the tree, or changes it behind the back of whoever uses it.
    public func edit<Result: Sendable>(_ body: (inout sending State) -> sending Result) -> Result {
        state.withLock { state in body(&state) }
    }

    /// Writes in order, as `path=value`.
    public var writes: [String] { edit { $0.writes } }
    /// Every folder.
    public var directories: Set<String> { edit { $0.directories } }
    /// The processes that were sent a signal, in order.
    public var signals: [Int32] { edit { $0.signals } }

    /// Mounts a tree: each new folder below `root` gets `files`, with their first contents.
    public func mount(_ root: String, _ files: [String: String]) {
        edit {
            $0.templates[root] = files
            $0.directories.insert(root)
            for (name, value) in files { $0.files["\(root)/\(name)"] = value }
        }
    }

    /// Sets a file's content; nil removes it.
    public func set(_ path: String, _ text: String?) { edit { $0.files[path] = text } }
    /// Lets the next calls on a path fail, one for each errno; 0 lets one pass.
    public func fail(_ path: String, _ errnos: CInt...) { edit { $0.failures[path] = errnos } }

    private func call<Result: Sendable>(
        _ path: String, _ body: (inout State) -> Swift.Result<Result, Errno>
    ) throws(Errno) -> Result {
        let result: Swift.Result<Result, Errno> = state.withLock { state in
            if var failures = state.failures[path], !failures.isEmpty {
                let failure = failures.removeFirst()
                state.failures[path] = failures
                if failure != 0 { return .failure(Errno(rawValue: failure)) }
            }
            return body(&state)
        }
        return try result.get()
    }

    public func read(_ path: String, limit: Int) throws(Errno) -> String {
        try call(path) { $0.files[path].map { .success($0) } ?? .failure(Errno(rawValue: ENOENT)) }
    }

    public func write(_ path: String, _ value: String) throws(Errno) {
        try call(path) { state -> Result<Void, Errno> in
            guard state.files[path] != nil else { return .failure(Errno(rawValue: ENOENT)) }
            state.writes.append("\(path)=\(value)")
            let folder = String(path[..<path.lastIndex(of: "/")!])
            switch path.split(separator: "/").last {
            case "cgroup.subtree_control":
                let names = value.split(separator: " ").map { $0.dropFirst() }
                state.files[path] = (state.files[path]! + " " + names.joined(separator: " "))
            case "cgroup.freeze": state.files[folder + "/cgroup.events"] = "populated 1\nfrozen \(value)\n"
            case "cgroup.kill":
                for file in state.files.keys where file.hasPrefix(folder) && file.hasSuffix("/cgroup.procs") {
                    state.files[file] = ""
                }
            default: state.files[path] = value
            }
            return .success(())
        }
    }

    public func makeDirectory(_ path: String) throws(Errno) {
        try call(path) { state -> Result<Void, Errno> in
            if state.directories.contains(path) { return .failure(Errno(rawValue: EEXIST)) }
            guard state.directories.contains(String(path[..<path.lastIndex(of: "/")!])) else {
                return .failure(Errno(rawValue: ENOENT))
            }
            state.directories.insert(path)
            let template = state.templates.first { path.hasPrefix($0.key + "/") }?.value ?? [:]
            for (name, value) in template {
                state.files["\(path)/\(name)"] = name.hasPrefix("cpuset.") ? "" : value
            }
            return .success(())
        }
    }

    public func removeDirectory(_ path: String) throws(Errno) {
        try call(path) { state -> Result<Void, Errno> in
            guard state.directories.contains(path) else { return .failure(Errno(rawValue: ENOENT)) }
            let isBusy =
                state.files[path + "/cgroup.procs"] != "" || state.directories.contains { $0.hasPrefix(path + "/") }
            if isBusy { return .failure(Errno(rawValue: EBUSY)) }
            state.directories.remove(path)
            for file in state.files.keys where file.hasPrefix(path + "/") { state.files[file] = nil }
            return .success(())
        }
    }

    public func childDirectories(_ path: String) throws(Errno) -> [String] {
        try call(path) { state -> Result<[String], Errno> in
            guard state.directories.contains(path) else { return .failure(Errno(rawValue: ENOENT)) }
            let below = state.directories.filter { $0.hasPrefix(path + "/") }.map { $0.dropFirst(path.count + 1) }
            return .success(below.filter { !$0.contains("/") }.map(String.init).sorted())
        }
    }

    public func exists(_ path: String) -> Bool { edit { $0.files[path] != nil || $0.directories.contains(path) } }

    public func changeOwner(_ path: String, to user: UInt32) throws(Errno) {
        try call(path) { state -> Result<Void, Errno> in
            guard state.files[path] != nil || state.directories.contains(path) else {
                return .failure(Errno(rawValue: ENOENT))
            }
            state.owners[path] = user
            return .success(())
        }
    }

    public func magic(_ path: String) -> UInt64? { edit { $0.magics[path] } }

    public func attachDeviceFilter(_ program: [UInt64], to directory: String) throws(Errno) {
        try call(directory + "#bpf") { state -> Result<Void, Errno> in
            state.programs[directory] = program
            return .success(())
        }
    }

    public func send(_ signal: CInt, to process: Int32) throws(Errno) {
        edit { state in
            state.signals.append(process)
            for file in state.files.keys where file.hasSuffix("/cgroup.procs") {
                let rest = state.files[file]!.split(separator: "\n").filter { Int32($0) != process }
                state.files[file] = rest.map { $0 + "\n" }.joined()
            }
        }
    }
}

extension FakeCgroupTree {
    /// A pure v2 host with these controllers.
    public static func unified(controllers: String = "cpuset cpu io memory pids") -> (FakeCgroupTree, CgroupHost) {
        let tree = FakeCgroupTree()
        tree.edit { $0.magics["/sys/fs/cgroup"] = 0x6367_7270 }
        var files = [
            "cgroup.controllers": controllers + "\n", "cgroup.subtree_control": "", "cgroup.procs": "",
            "cgroup.kill": "",
            "cgroup.freeze": "0", "cgroup.events": "populated 0\nfrozen 0\n", "cpu.stat": "usage_usec 5\n",
        ]
        let interface = [
            "memory": [
                "memory.max", "memory.swap.max", "memory.low", "memory.high", "memory.current", "memory.stat",
                "memory.events",
            ],
            "cpu": ["cpu.max", "cpu.max.burst", "cpu.weight", "cpu.idle"], "io": ["io.max", "io.weight"],
            "hugetlb": ["hugetlb.2MB.max", "hugetlb.2MB.rsvd.max"], "rdma": ["rdma.max"],
            "pids": ["pids.max", "pids.current"],
            "cpuset": ["cpuset.cpus", "cpuset.mems"],
        ]
        for name in controllers.split(separator: " ") {
            for file in interface[String(name)] ?? [] { files[file] = "max" }
        }
        tree.mount("/sys/fs/cgroup", files)
        return (tree, CgroupHost(hierarchies: [], unified: "/sys/fs/cgroup"))
    }

    /// A v1 host, with or without swap accounting.
    /// - Parameter more: further trees, with the files of their controller.
    public static func legacy(swap: Bool = true, more: [String: [String]] = [:]) -> (FakeCgroupTree, CgroupHost) {
        let tree = FakeCgroupTree()
        let memory = [
            "memory.limit_in_bytes", "memory.soft_limit_in_bytes", "memory.usage_in_bytes", "memory.stat",
            "memory.swappiness", "memory.oom_control", "memory.kmem.tcp.limit_in_bytes", "memory.use_hierarchy",
        ]
        let interface = [
            "memory": memory + (swap ? ["memory.memsw.limit_in_bytes"] : []),
            "cpu": [
                "cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us", "cpu.cfs_burst_us", "cpu.idle",
                "cpu.rt_period_us", "cpu.rt_runtime_us",
            ], "pids": ["pids.max", "pids.current"],
            "cpuset": ["cpuset.cpus", "cpuset.mems"], "devices": ["devices.allow", "devices.deny"],
            "freezer": ["freezer.state"],
        ].merging(more) { _, files in files }
        for (name, files) in interface {
            var template = ["cgroup.procs": "", "tasks": ""]
            for file in files { template[file] = "9223372036854771712" }
            if name == "cpuset" { template["cpuset.cpus"] = "0-3\n"; template["cpuset.mems"] = "0\n" }
            tree.mount("/sys/fs/cgroup/" + name, template)
        }
        let hierarchies = interface.keys.sorted().map {
            CgroupHost.Hierarchy(mountPoint: "/sys/fs/cgroup/" + $0, controllers: [$0])
        }
        let table = hierarchies.map { "24 23 0:22 / \($0.mountPoint) rw - cgroup cgroup rw,\($0.controllers[0])\n" }
        tree.set("/proc/self/mountinfo", table.joined())
        return (tree, CgroupHost(hierarchies: hierarchies, unified: nil))
    }

    /// A v1 host with a v2 tree beside it that has these controllers.
    public static func hybrid(controllers: String = "hugetlb") -> (FakeCgroupTree, CgroupHost) {
        let (tree, legacy) = legacy()
        let (unified, _) = unified(controllers: controllers)
        let root = "/sys/fs/cgroup/unified"
        tree.mount(root, unified.edit { $0.templates["/sys/fs/cgroup"] ?? [:] })
        return (tree, CgroupHost(hierarchies: legacy.hierarchies, unified: root))
    }
}
