import ContainerKit
import ContainerSystem
import Synchronization

/// What a program in a fake container does: what it writes, and how it ends.
public struct FakeRun: Sendable {
    /// In order, each piece an entry of the log.
    public var output: [ContainerOutput]
    public var status: Int32
    /// It goes on until it is stopped, or ended by the test.
    public var isEndless: Bool
    /// What was written into it.
    public let input = FakeInput()

    public init(_ output: [ContainerOutput], status: Int32 = 0, isEndless: Bool = false) {
        self.output = output
        self.status = status
        self.isEndless = isEndless
    }

    /// - Parameters: text, of which each line is an entry.
    public init(_ output: String = "", errors: String = "", status: Int32 = 0, isEndless: Bool = false) {
        self.init(
            Self.lines(output).map { .output($0) } + Self.lines(errors).map { .error($0) }, status: status,
            isEndless: isEndless)
    }

    private static func lines(_ text: String) -> [[UInt8]] {
        let bytes = Array(text.utf8)
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        for byte in bytes {
            line.append(byte)
            if byte == 0x0a { lines.append(line); line = [] }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// As a process that was started in a container.
    func process(hasInput: Bool) -> ContainerProcess {
        let (output, status) = (output, status)
        return ContainerProcess(
            output: ContainerSequence(output),
            control: control(hasInput: hasInput) { () async throws(ContainerError) in status })
    }

    func control(
        hasInput: Bool, wait: @escaping @Sendable () async throws(ContainerError) -> Int32
    ) -> ContainerProcess.Control {
        let input = input
        return ContainerProcess.Control(
            write: { bytes async throws(ContainerError) in
                guard hasInput, !input.isClosed else {
                    throw ContainerError(.conflict, "write to the process: its input is not open")
                }
                input.add(bytes)
            }, closeInput: { input.close() }, signal: { input.add(signal: $0) }, resize: { _, _ in }, wait: wait)
    }
}

/// What a test finds out about what a process was given.
public final class FakeInput: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var signals: [Int32] = []
        var isClosed = false
    }

    private let state = Mutex(State())

    public var bytes: [UInt8] { state.withLock { $0.bytes } }
    public var signals: [Int32] { state.withLock { $0.signals } }
    public var isClosed: Bool { state.withLock { $0.isClosed } }

    func add(_ bytes: [UInt8]) { state.withLock { $0.bytes += bytes } }
    func add(signal: Int32) { state.withLock { $0.signals.append(signal) } }
    func close() { state.withLock { $0.isClosed = true } }
}

/// The time in fake containers.
enum FakeClock {
    /// Of an entry of a log: a second for each one.
    static func time(of index: Int) -> Int64 { Timestamp.nanoseconds(seconds: 1_767_225_600 + Int64(index)) }

    static func text(_ time: Int64) -> String {
        var bytes: [UInt8] = []
        Timestamp.appendFixed(nanoseconds: time, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ContainerOptions {
    var words: String { ([image] + command).joined(separator: " ") }
}

extension FakeContainers.Fake {
    var summary: ContainerSummary {
        let process = ProcessIdentity(pid: 1, startTime: 1)
        let started = Double(FakeClock.time(of: 0)) / 1e9
        let state: ContainerState =
            isRunning
            ? .running(.init(process: process, shim: process, started: started))
            : status.map { .exited(.init(status: $0, started: started, finished: started)) } ?? .created
        return ContainerSummary(
            id: id, name: name, image: options.image, imageID: "sha256:" + String(repeating: "f", count: 64),
            command: options.command.joined(separator: " "), created: started, state: state, labels: options.labels)
    }
}
