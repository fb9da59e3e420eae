import ContainerSystem

/// A piece of what a process in a container has written.
public enum ContainerOutput: Sendable, Equatable {
    case output([UInt8])
    case error([UInt8])

    public var bytes: [UInt8] {
        switch self {
        case .output(let bytes), .error(let bytes): bytes
        }
    }

    public var isError: Bool { if case .error = self { true } else { false } }
}

/// A process in a container whose streams are ours: one that was started in it (`exec`), or its own (`attach`).
///
/// What it writes has to be taken from `output`: a process that nobody listens to waits, as one whose terminal has been
/// stopped. Letting go of `output` takes the streams away from it.
public struct ContainerProcess: Sendable {
    /// What it writes, in pieces as they come; ends with the process.
    public let output: ContainerSequence<ContainerOutput>

    /// What the rest is done by.
    public struct Control: Sendable {
        public var write: @Sendable ([UInt8]) async throws(ContainerError) -> Void
        public var closeInput: @Sendable () -> Void
        public var signal: @Sendable (Int32) -> Void
        public var resize: @Sendable (_ rows: UInt16, _ columns: UInt16) -> Void
        public var wait: @Sendable () async throws(ContainerError) -> Int32

        public init(
            write: @escaping @Sendable ([UInt8]) async throws(ContainerError) -> Void,
            closeInput: @escaping @Sendable () -> Void, signal: @escaping @Sendable (Int32) -> Void,
            resize: @escaping @Sendable (_ rows: UInt16, _ columns: UInt16) -> Void,
            wait: @escaping @Sendable () async throws(ContainerError) -> Int32
        ) {
            self.write = write
            self.closeInput = closeInput
            self.signal = signal
            self.resize = resize
            self.wait = wait
        }
    }

    private let control: Control

    public init(output: ContainerSequence<ContainerOutput>, control: Control) {
        self.output = output
        self.control = control
    }

    /// Gives the process something to read. Waits until it has room for it.
    /// - Throws: `conflict` when its input is not open, or has been closed; `cancelled`.
    public func write(_ bytes: some Sequence<UInt8>) async throws(ContainerError) {
        try await control.write(Array(bytes))
    }

    /// The process finds the end of its input.
    public func closeInput() { control.closeInput() }

    /// Sends it a signal, by number (signal(7)).
    public func signal(_ number: Int32) { control.signal(number) }

    /// Sets the size of its terminal.
    public func resize(rows: UInt16, columns: UInt16) { control.resize(rows, columns) }

    /// Its status as a shell counts it. Its output has to be taken meanwhile.
    /// - Throws: `unavailable` when the supervisor was killed; `cancelled` when the task is.
    public func wait() async throws(ContainerError) -> Int32 { try await control.wait() }

    /// Takes its output, waits for its end, and says both.
    /// - Parameter limit: bytes of output and of errors that are kept, each.
    public func result(limit: Int = 16 << 20) async throws(ContainerError) -> RunResult {
        var kept: (output: [UInt8], errors: [UInt8]) = ([], [])
        var pieces = output.makeAsyncIterator()
        while let piece = try await pieces.next() {
            switch piece {
            case .output(let bytes): kept.output += bytes.prefix(limit - kept.output.count)
            case .error(let bytes): kept.errors += bytes.prefix(limit - kept.errors.count)
            }
        }
        return RunResult(
            status: try await wait(), output: String(decoding: kept.output, as: UTF8.self),
            errors: String(decoding: kept.errors, as: UTF8.self))
    }
}
