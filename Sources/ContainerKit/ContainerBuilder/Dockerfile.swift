import ContainerSystem

/// A Dockerfile, read into instructions; nothing in it is expanded or carried out yet.
///
/// The format is that of the "Dockerfile reference" of docker's documentation.
public struct Dockerfile: Sendable, Equatable {
    public let instructions: [Instruction]
    /// What stands in the comments `# key=value` before everything else: `syntax`, `escape`, `check`.
    public let directives: [String: String]

    /// One instruction with what it was written as.
    public struct Instruction: Sendable, Equatable {
        /// In capitals: `RUN`.
        public let name: String
        /// `--mount=type=cache,...` in the order in which they stand, without the dashes.
        public let flags: [Flag]
        public let arguments: Arguments
        /// In the order in which they are announced.
        public let heredocs: [Heredoc]
        /// Counted from 1: the first and the last line of its text.
        public let lines: ClosedRange<Int>
    }

    public struct Flag: Sendable, Equatable {
        public let name: String
        /// Nil where there is no `=`.
        public let value: String?
    }

    /// The rest of an instruction.
    public enum Arguments: Sendable, Equatable {
        /// The JSON form: `["echo", "a b"]`.
        case list([String])
        /// Everything else, its lines joined.
        case text(String)
    }

    /// A document that is written in place: `RUN <<EOF`.
    public struct Heredoc: Sendable, Equatable {
        public let name: String
        public let content: String
        /// Whether variables are expanded in it: not when its name was quoted.
        public let isExpanded: Bool
    }

    /// The instructions that there are, `ONBUILD` and the deprecated `MAINTAINER` included.
    public static let names: Set = [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
        "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ]

    /// Reads a Dockerfile.
    /// - Throws: `invalidArgument` with the line and what is wrong with it.
    public init(parsing text: String) throws(ContainerError) {
        var scanner = DockerfileScanner(text)
        var instructions: [Instruction] = []
        while let logical = try scanner.next() {
            instructions.append(try InstructionParser(logical).parse(&scanner))
        }
        guard !instructions.isEmpty else {
            throw ContainerError(.invalidArgument, "the Dockerfile has no instruction")
        }
        self.instructions = instructions
        directives = scanner.directives
    }
}
