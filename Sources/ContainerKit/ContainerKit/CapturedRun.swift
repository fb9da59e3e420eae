import ContainerEngine
import ContainerSystem
import Dispatch
import Glibc
import Synchronization

/// Runs a process with its output caught in memory.
enum CapturedRun {
    static func run(_ options: ContainerOptions, on engine: Engine, limit: Int) throws(ContainerError) -> RunResult {
        try capture(limit: limit) { streams throws(ContainerError) in
            let container = try engine.runContainer(options, streams: streams)
            return { () throws(ContainerError) in try container.wait() }
        }
    }

    static func execute(_ options: ExecOptions, in container: String, on engine: Engine) throws(ContainerError)
        -> RunResult
    {
        try capture(limit: 16 << 20) { streams throws(ContainerError) in
            let process = try engine.execute(in: container, options, streams: streams)
            return { () throws(ContainerError) in try process.wait() }
        }
    }

    private typealias Wait = () throws(ContainerError) -> Int32

    private static func capture(limit: Int, start: (ClientStreams) throws(ContainerError) -> Wait)
        throws(ContainerError) -> RunResult
    {
        let output = Collector(limit: limit)
        let errors = Collector(limit: limit)
        let wait = try connect(output, errors, start)
        // The supervisor has written everything before it reports the end.
        let status = try wait()
        return RunResult(status: status, output: output.text(), errors: errors.text())
    }

    /// Our ends for writing are closed on return, so that the collectors see the end.
    private static func connect(
        _ output: Collector, _ errors: Collector, _ start: (ClientStreams) throws(ContainerError) -> Wait
    ) throws(ContainerError) -> Wait {
        let null = try Descriptor.open("/dev/null", O_RDONLY)
        let (outputReader, outputWriter) = try Descriptor.pipe()
        let (errorReader, errorWriter) = try Descriptor.pipe()
        let streams = ClientStreams(input: null.raw, output: outputWriter.raw, error: errorWriter.raw)
        let wait = try withExtendedLifetime((null, outputWriter, errorWriter)) { () throws(ContainerError) in
            try start(streams)
        }
        output.collect(from: outputReader)
        errors.collect(from: errorReader)
        return wait
    }

    /// Reads one pipe to its end on a thread of its own.
    private final class Collector: Sendable {
        private let limit: Int
        private let bytes = Mutex<[UInt8]>([])
        private let done = DispatchSemaphore(value: 0)

        init(limit: Int) { self.limit = limit }

        func collect(from reader: Descriptor) {
            BlockingWork.start { [self] in
                var chunk = [UInt8](repeating: 0, count: 1 << 16)
                while true {
                    let count = read(reader.raw, &chunk, chunk.count)
                    if count < 0 && errno == EINTR { continue }
                    if count <= 0 { break }
                    bytes.withLock { $0 += chunk[..<min(count, max(0, limit - $0.count))] }
                }
                done.signal()
            }
        }

        /// Waits for the end.
        func text() -> String {
            done.wait()
            return String(decoding: bytes.withLock { $0 }, as: UTF8.self)
        }
    }
}
