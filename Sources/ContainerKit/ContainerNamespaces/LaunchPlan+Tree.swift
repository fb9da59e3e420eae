extension LaunchPlan {
    /// A part of the host that is opened with the host's rights, for a child that will not have them.
    public struct Tree: Sendable, Equatable {
        public var bind: Bind
        /// As in uid_map and gid_map (user_namespaces(7)): how ids of the files show.
        public var uids: String
        public var gids: String
        public var mapsAll: Bool
        /// Of a container among whose mounts it is looked up, without links, and with ids as they are; nil is the host.
        public let runFolder: String?

        public init(_ bind: Bind, uids: String = "", gids: String = "", mapsAll: Bool = false) {
            self.bind = bind
            self.uids = uids
            self.gids = gids
            self.mapsAll = mapsAll
            runFolder = nil
        }

        public init(_ bind: Bind, ofContainer runFolder: String) {
            self.bind = bind
            self.runFolder = runFolder
            (uids, gids, mapsAll) = ("", "", false)
        }
    }
}
