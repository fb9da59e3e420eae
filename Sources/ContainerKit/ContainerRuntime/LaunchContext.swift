import ContainerNamespaces

/// What a container needs from its host besides its specification: everything here has been made by the time the plan
/// is carried out, or is prepared bytes.
public struct LaunchContext: Sendable {
    /// Where the process joins its control group.
    public struct Cgroup: Sendable, Equatable {
        /// Files that the child writes itself into (v1 and hybrid hosts).
        public var joinFiles: [String]
        /// The folder that the process is cloned into (v2).
        public var cloneFolder: String?
        /// What is removed after the container's end.
        public var folders: [String]

        public init(joinFiles: [String] = [], cloneFolder: String? = nil, folders: [String] = []) {
            self.joinFiles = joinFiles
            self.cloneFolder = cloneFolder
            self.folders = folders
        }
    }

    /// How the host's control groups appear at a mount of type `cgroup`.
    public enum CgroupView: Sendable, Equatable {
        case unified
        /// One mount per hierarchy: the name of its folder, and the options that name it (`memory`, `name=systemd`).
        case hierarchies([Hierarchy])

        public struct Hierarchy: Sendable, Equatable {
            public let name: String
            public let options: [String]

            public init(name: String, options: [String]) {
                self.name = name
                self.options = options
            }
        }
    }

    /// The root is this overlay; nil when the specification's root is a folder as it stands.
    public var overlay: LaunchPlan.OverlayMount?
    public var cgroup = Cgroup()
    public var cgroupView = CgroupView.unified
    /// A compiled filter (seccomp(2)), or nil for none.
    public var seccomp: SeccompFilter?
    /// Sent by the shim in the host's network namespace, after the clone.
    public var hostLinks: LaunchPlan.LinkMessages?
    /// Sent by the child in its own.
    public var containerLinks: LaunchPlan.LinkMessages?
    public var streams = StreamOptions()
    /// Where the shim writes who runs (`pids`), and how it ended (`exit`).
    public var stateFolders: (run: String, exit: String?)?
    public var log: LaunchPlan.Log?
    /// Folders that go with the container when it ends.
    public var removedFolders: [String] = []

    public init() {}
}
