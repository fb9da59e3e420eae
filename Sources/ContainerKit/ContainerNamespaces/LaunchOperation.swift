extension LaunchPlan {
    /// What one step does. Paths of targets are the container's; paths of sources are the host's.
    public enum Operation: Sendable, Equatable {
        // The shim, before the clone
        case streams(StreamOptions)
        case recordState(runFolder: String, exitFolder: String?)
        case log(Log)
        case cloneIntoCgroup(folder: String)
        case join(pid: Int32, startTime: UInt64)
        case clone(Namespaces)

        // The host or the child
        case netlink(LinkMessages)

        // The child
        case joinCgroup(file: String)
        case enter(Namespaces)
        case unshare(Namespaces)
        case propagate(Propagation)
        case mountOverlay(OverlayMount)
        case bindRoot(path: String)
        case openRoot(path: String)
        case mount(Mount)
        case bind(Bind)
        case makeDirectory(path: String, mode: UInt32)
        case makeNode(path: String, kind: NodeKind, major: UInt32, minor: UInt32, mode: UInt32)
        case symlink(path: String, target: String)
        case mask(path: String)
        case makeReadOnly(path: String)
        case makeRootReadOnly
        case pivotRoot
        case hostname(String)
        case domainname(String)
        case sysctl(name: String, value: String)
        case awaitHost
        case newSession
        case openTerminal(asConsole: Bool, rows: UInt16, columns: UInt16)
        case standardStreams(owner: UInt32)
        case limit(Resource, soft: UInt64, hard: UInt64)
        case outOfMemoryScore(Int)
        case umask(UInt32)
        case noNewPrivileges
        case boundingSet(keep: UInt64)
        case user(uid: UInt32, gid: UInt32, groups: [UInt32])
        case capabilities(Capabilities)
        case filterSystemCalls(SeccompFilter)
        case changeDirectory(String)
        case keepDescriptors(count: UInt32)
        case execute(Program)

        // The shim, after the end
        case removeCgroup(folder: String)
        case removeTree(folder: String)
    }

    /// A log in docker's json-file format. A file that has reached its size becomes `FILE.1`, that one `FILE.2`.
    public struct Log: Sendable, Equatable {
        public let file: String
        /// Bytes, which one entry may go beyond; 0 for no limit.
        public let maximumSize: UInt64
        /// How many files there are at most, the one that is written to included.
        public let maximumFiles: UInt32

        public init(file: String, maximumSize: UInt64, maximumFiles: UInt32) {
            self.file = file
            self.maximumSize = maximumSize
            self.maximumFiles = maximumFiles
        }
    }

    /// Prepared rtnetlink messages: sent as they are, each answered by one acknowledgement.
    public struct LinkMessages: Sendable, Equatable {
        public let bytes: [UInt8]
        public let count: Int
        /// Where the child's pid is put in, in bytes from the start.
        public let pidOffset: Int?
        public let summary: String

        public init(bytes: [UInt8], count: Int, pidOffset: Int?, summary: String) {
            self.bytes = bytes
            self.count = count
            self.pidOffset = pidOffset
            self.summary = summary
        }
    }

    /// An overlay as mount(2) takes it; names in the options are relative to `folder`, so that many layers fit.
    public struct OverlayMount: Sendable, Equatable {
        public let folder: String
        public let options: String
        public let target: String

        public init(folder: String, options: String, target: String) {
            self.folder = folder
            self.options = options
            self.target = target
        }
    }

    /// A new file system.
    public struct Mount: Sendable, Equatable {
        public let type: String
        public let source: String
        public let target: String
        public let attributes: MountAttributes
        /// `key=value` or flags, as the file system names them.
        public let options: [String]
        /// Refuse a target that is a symbolic link in the image.
        public let ordinaryTarget: Bool

        public init(
            type: String, source: String, target: String, attributes: MountAttributes = [], options: [String] = [],
            ordinaryTarget: Bool = false
        ) {
            self.type = type
            self.source = source
            self.target = target
            self.attributes = attributes
            self.options = options
            self.ordinaryTarget = ordinaryTarget
        }
    }

    /// A part of the host, shown in the container.
    public struct Bind: Sendable, Equatable {
        public let source: String
        public let target: String
        public let attributes: MountAttributes
        public let recursive: Bool
        public let propagation: Propagation?

        public init(
            source: String, target: String, attributes: MountAttributes = [], recursive: Bool = true,
            propagation: Propagation? = nil
        ) {
            self.source = source
            self.target = target
            self.attributes = attributes
            self.recursive = recursive
            self.propagation = propagation
        }
    }

    public enum NodeKind: UInt32, Sendable {
        case character = 0o020000
        case block = 0o060000
        case fifo = 0o010000
    }

    /// A limit of setrlimit(2).
    public enum Resource: UInt32, Sendable, CaseIterable {
        case cpu, fsize, data, stack, core, rss, nproc, nofile, memlock, `as`, locks, sigpending, msgqueue, nice,
            rtprio, rttime

        /// The name in the runtime specification: `RLIMIT_NOFILE`.
        public var specName: String { "RLIMIT_" + "\(self)".uppercased() }

        public init?(specName: String) {
            guard let found = Self.allCases.first(where: { $0.specName == specName }) else { return nil }
            self = found
        }
    }

    /// The five sets of capabilities(7), less the bounding set.
    public struct Capabilities: Sendable, Equatable {
        public let effective: UInt64
        public let permitted: UInt64
        public let inheritable: UInt64
        public let ambient: UInt64

        public init(effective: UInt64, permitted: UInt64, inheritable: UInt64, ambient: UInt64) {
            self.effective = effective
            self.permitted = permitted
            self.inheritable = inheritable
            self.ambient = ambient
        }
    }

    /// What is executed: the first of `paths` that can be.
    public struct Program: Sendable, Equatable {
        public let arguments: [String]
        public let environment: [String]
        public let paths: [String]

        public init(arguments: [String], environment: [String], paths: [String]) {
            self.arguments = arguments
            self.environment = environment
            self.paths = paths
        }
    }
}

extension LaunchPlan.Operation: CustomStringConvertible {
    /// What the step does, as a person would say it; errors name their step so. The environment is left out: it may
    /// hold secrets.
    public var description: String {
        switch self {
        case .streams(let options): "streams: \(options.names)"
        case .recordState(let run, let exit):
            "record the processes in \(run)" + (exit.map { ", the exit status in \($0)" } ?? "")
        case .log(let log):
            "log to \(log.file)"
                + (log.maximumSize > 0 ? ", at most \(log.maximumFiles) files of \(log.maximumSize) bytes" : "")
        case .cloneIntoCgroup(let folder): "clone into cgroup \(folder)"
        case .join(let pid, _): "join the container of process \(pid)"
        case .clone(let namespaces): namespaces.isEmpty ? "clone" : "clone with new namespaces: \(namespaces)"
        case .netlink(let messages): "network: \(messages.summary)"
        case .joinCgroup(let file): "join cgroup \(file)"
        case .enter(let namespaces): "enter namespaces: \(namespaces)"
        case .unshare(let namespaces): "unshare namespaces: \(namespaces)"
        case .propagate(let propagation): "make every mount \(propagation.rawValue)"
        case .mountOverlay(let overlay): "mount overlay on \(overlay.target) (\(overlay.options))"
        case .bindRoot(let path): "bind the root \(path) on itself"
        case .openRoot(let path): "open the root \(path)"
        case .mount(let mount):
            "mount \(mount.type) on \(mount.target)\(mount.attributes.text)"
                + (mount.options.isEmpty ? "" : " with \(mount.options.joined(separator: ","))")
        case .bind(let bind): "bind \(bind.source) on \(bind.target)\(bind.attributes.text)"
        case .makeDirectory(let path, let mode): "make folder \(path), mode \(String(mode, radix: 8))"
        case .makeNode(let path, _, let major, let minor, _): "make device \(path) (\(major):\(minor))"
        case .symlink(let path, let target): "link \(path) to \(target)"
        case .mask(let path): "mask \(path)"
        case .makeReadOnly(let path): "make \(path) read-only"
        case .makeRootReadOnly: "make the root read-only"
        case .pivotRoot: "pivot to the new root"
        case .hostname(let name): "set hostname \(name)"
        case .domainname(let name): "set domainname \(name)"
        case .sysctl(let name, let value): "set \(name)=\(value)"
        case .awaitHost: "await the host's part"
        case .newSession: "start a session"
        case .openTerminal: "open the terminal"
        case .standardStreams(let owner): "take the standard streams (owner \(owner))"
        case .limit(let resource, let soft, let hard): "limit \(resource) to \(soft):\(hard)"
        case .outOfMemoryScore(let score): "set oom_score_adj to \(score)"
        case .umask(let mask): "set umask \(String(mask, radix: 8))"
        case .noNewPrivileges: "set no_new_privs"
        case .boundingSet(let keep): "bound capabilities to \(Self.names(of: keep))"
        case .user(let uid, let gid, let groups):
            "become user \(uid), group \(gid), groups \(groups.map(String.init).joined(separator: ","))"
        case .capabilities(let sets): "set capabilities \(Self.names(of: sets.effective))"
        case .filterSystemCalls(let filter): "filter system calls (\(filter.instructionCount) instructions)"
        case .changeDirectory(let path): "change to folder \(path)"
        case .keepDescriptors(let count): "keep \(count) descriptors"
        case .execute(let program): "execute \(program.arguments.joined(separator: " "))"
        case .removeCgroup(let folder): "remove cgroup \(folder)"
        case .removeTree(let folder): "remove \(folder)"
        }
    }

    private static func names(of mask: UInt64) -> String { "0x" + String(mask, radix: 16) }
}
