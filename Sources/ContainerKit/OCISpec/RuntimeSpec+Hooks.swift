extension RuntimeSpec {
    /// Programs that are run at points of the container's life (config.md, "POSIX-platform Hooks").
    public struct Hooks: Codable, Sendable, Equatable {
        public struct Hook: Codable, Sendable, Equatable {
            /// An absolute path.
            public var path: String
            /// With the name that the program is called by first (execve(2)).
            public var args: [String]?
            public var env: [String]?
            /// Seconds.
            public var timeout: Int?

            public init(path: String, args: [String]? = nil, env: [String]? = nil, timeout: Int? = nil) {
                self.path = path
                self.args = args
                self.env = env
                self.timeout = timeout
            }
        }

        /// In the runtime's namespaces, when the container's are there (deprecated in favour of the three that follow).
        public var prestart: [Hook]?
        /// In the runtime's namespaces, when the container's are there and before the root is changed.
        public var createRuntime: [Hook]?
        /// In the container's namespaces, before the root is changed.
        public var createContainer: [Hook]?
        /// In the container, before its program is executed.
        public var startContainer: [Hook]?
        /// In the runtime's namespaces, after the program has started.
        public var poststart: [Hook]?
        /// In the runtime's namespaces, after the container was deleted.
        public var poststop: [Hook]?

        public init() {}
    }
}
