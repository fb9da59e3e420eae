extension LaunchPlan {
    /// Where the output goes. A file that has reached its size becomes `FILE.1`, that one `FILE.2`.
    public struct Log: Sendable, Equatable {
        /// docker's formats.
        public enum Format: UInt32, Sendable {
            case jsonFile = 0
            case local = 1
        }

        public let file: String
        public let format: Format
        /// Bytes, which one entry may go beyond; 0 for no limit.
        public let maximumSize: UInt64
        /// How many files there are at most, the one that is written to included.
        public let maximumFiles: UInt32

        public init(file: String, format: Format = .jsonFile, maximumSize: UInt64, maximumFiles: UInt32) {
            self.file = file
            self.format = format
            self.maximumSize = maximumSize
            self.maximumFiles = maximumFiles
        }
    }

    /// A command that is run in the container again and again, by a plan that joins the container's first process. Which
    /// one that is, the shim fills in. Durations in nanoseconds.
    public struct HealthChecks: Sendable, Equatable {
        public let plan: LaunchPlan
        public let interval: UInt64
        public let timeout: UInt64
        public let startPeriod: UInt64
        public let startInterval: UInt64
        /// How many failures in a row make it unhealthy.
        public let retries: UInt64
        /// What the result of one that took too long begins with.
        public let timeoutText: String

        public init(
            plan: LaunchPlan, interval: UInt64, timeout: UInt64, startPeriod: UInt64, startInterval: UInt64,
            retries: UInt64, timeoutText: String
        ) {
            self.plan = plan
            self.interval = interval
            self.timeout = timeout
            self.startPeriod = startPeriod
            self.startInterval = startInterval
            self.retries = retries
            self.timeoutText = timeoutText
        }

        var command: [String] {
            for step in plan.steps {
                if case .execute(let program) = step.operation { return program.arguments }
            }
            return []
        }
    }

    /// The server of names (ContainerNames), and the container that it is to serve.
    public struct NameServer: Sendable, Equatable {
        /// The server's executable; it is started when nobody answers.
        public let program: String
        /// The folder with its socket, and with `containers/ID/names.json`.
        public let runRoot: String
        /// Of the container: 64 hexadecimal digits.
        public let id: String

        public init(program: String, runRoot: String, id: String) {
            self.program = program
            self.runRoot = runRoot
            self.id = id
        }
    }

    /// A port of the host that leads to the container.
    public struct HeldPort: Sendable, Equatable {
        /// IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP.
        public let transport: UInt8
        /// As on the wire: 4 or 16 bytes.
        public let address: [UInt8]
        public let port: UInt16

        public init(transport: UInt8, address: [UInt8], port: UInt16) {
            self.transport = transport
            self.address = address
            self.port = port
        }
    }

    /// The event log, and who the events are about.
    public struct EventDestination: Sendable, Equatable {
        public let path: String
        /// Of the container: 64 hexadecimal digits.
        public let id: String
        /// As it was asked for.
        public let image: String

        public init(path: String, id: String, image: String) {
            self.path = path
            self.id = id
            self.image = image
        }
    }
}
