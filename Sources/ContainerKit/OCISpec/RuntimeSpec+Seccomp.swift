extension RuntimeSpec {
    /// A system call filter (config-linux.md, "Seccomp").
    public struct Seccomp: Codable, Sendable, Equatable {
        public struct Argument: Codable, Sendable, Equatable {
            public var index: UInt32
            public var value: UInt64
            public var valueTwo: UInt64?
            /// `SCMP_CMP_EQ` and so on.
            public var op: String

            public init(index: UInt32, value: UInt64, valueTwo: UInt64? = nil, op: String) {
                self.index = index
                self.value = value
                self.valueTwo = valueTwo
                self.op = op
            }
        }

        public struct Rule: Codable, Sendable, Equatable {
            public var names: [String]
            /// `SCMP_ACT_ALLOW` and so on.
            public var action: String
            public var errnoRet: UInt32?
            public var args: [Argument]?

            public init(names: [String], action: String, errnoRet: UInt32? = nil, args: [Argument]? = nil) {
                self.names = names
                self.action = action
                self.errnoRet = errnoRet
                self.args = args
            }
        }

        public var defaultAction: String
        public var defaultErrnoRet: UInt32?
        /// `SCMP_ARCH_X86_64` and so on.
        public var architectures: [String]?
        public var flags: [String]?
        public var syscalls: [Rule]?
        /// A socket that gets the descriptor which `SCMP_ACT_NOTIFY` reports to.
        public var listenerPath: String?
        public var listenerMetadata: String?

        public init(
            defaultAction: String, defaultErrnoRet: UInt32? = nil, architectures: [String]? = nil,
            flags: [String]? = nil, syscalls: [Rule]? = nil
        ) {
            self.defaultAction = defaultAction
            self.defaultErrnoRet = defaultErrnoRet
            self.architectures = architectures
            self.flags = flags
            self.syscalls = syscalls
        }
    }
}
