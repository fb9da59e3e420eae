import ContainerEngine
import ContainerSystem
import Glibc

/// The containers of an engine, for Swift concurrency.
public struct EngineContainers: ContainerService {
    let engine: Engine

    public func list(all: Bool) async throws(ContainerError) -> [ContainerSummary] {
        try await blocking { engine throws(ContainerError) in
            try engine.containers().filter { all || $0.state.isAlive }
        }
    }

    public func create(_ options: ContainerOptions) async throws(ContainerError) -> String {
        try await blocking { engine throws(ContainerError) in try engine.createContainer(options) }
    }

    public func start(_ container: String) async throws(ContainerError) {
        try await blocking { engine throws(ContainerError) in
            _ = try engine.startContainer(container, streams: nil)
        }
    }

    public func run(_ options: ContainerOptions, outputLimit: Int) async throws(ContainerError) -> RunResult {
        var options = options
        options.autoRemove = true
        let final = options
        let process = try await blocking { engine throws(ContainerError) in
            try EngineProcess.make(hasInput: false) { streams throws(ContainerError) in
                let container = try engine.runContainer(final, streams: streams)
                return EngineProcess.Target(
                    end: container.process.descriptor, signal: { container.process.signal($0) },
                    resize: { container.process.resize(rows: $0, columns: $1) }
                ) { () throws(ContainerError) in try container.wait() }
            }
        }
        do throws(ContainerError) { return try await process.result(limit: outputLimit) } catch {
            // Nobody is there any more for what it would have said.
            if error.code == .cancelled { process.signal(SIGKILL) }
            throw error
        }
    }

    public func exec(_ container: String, _ options: ExecOptions) async throws(ContainerError) -> ContainerProcess {
        try await blocking { engine throws(ContainerError) in
            try EngineProcess.make(hasInput: options.stdinOpen) { streams throws(ContainerError) in
                let process = try engine.execute(in: container, options, streams: streams)
                return EngineProcess.Target(
                    end: process.descriptor, signal: { process.signal($0) },
                    resize: { process.resize(rows: $0, columns: $1) }
                ) { () throws(ContainerError) in try process.wait() }
            }
        }
    }

    public func attach(_ container: String) async throws(ContainerError) -> ContainerProcess {
        try await blocking { engine throws(ContainerError) in
            let attachment = try engine.attachment(to: container)
            let supervisor = attachment.supervisor
            return try EngineProcess.make(hasInput: attachment.stdinOpen) { streams throws(ContainerError) in
                try supervisor.attach(streams, detachKeys: [])
                return EngineProcess.Target(
                    end: supervisor.descriptor, signal: { supervisor.signal($0) },
                    resize: { supervisor.resize(rows: $0, columns: $1) }
                ) { () throws(ContainerError) in
                    while true {
                        if case .exited(let status, _, _)? = try supervisor.next(milliseconds: nil) { return status }
                    }
                }
            }
        }
    }

    public func stop(_ container: String, timeout: Int?) async throws(ContainerError) {
        try await blocking { engine throws(ContainerError) in
            _ = try engine.stopContainer(container, timeout: timeout)
        }
    }

    public func kill(_ container: String, signal: String) async throws(ContainerError) {
        try await blocking { engine throws(ContainerError) in
            try engine.killContainer(container, signal: signal)
        }
    }

    public func wait(_ container: String) async throws(ContainerError) -> Int32 {
        let engine = engine
        return try await BlockingWork.interruptible { interruption throws(ContainerError) in
            try engine.waitForContainer(container, interruption: interruption)
        }
    }

    public func remove(_ container: String, force: Bool) async throws(ContainerError) {
        try await blocking { engine throws(ContainerError) in
            try engine.removeContainer(container, force: force)
        }
    }

    public func logs(_ container: String, _ query: ContainerLog.Query) -> ContainerSequence<ContainerLog.Entry> {
        ContainerSequence(ahead: 1024) { [engine] interruption, yield throws(ContainerError) in
            try engine.logs(of: container).read(query, interruption: interruption) { entry throws(ContainerError) in
                try yield(entry)
            }
        }
    }

    public func stats(_ selection: StatisticsSelection) -> ContainerSequence<[ContainerStatistics]> {
        // One sample ahead: an old one is worth nothing.
        ContainerSequence(ahead: 1) { [engine] interruption, yield throws(ContainerError) in
            var sampler = try engine.statistics(selection)
            _ = try sampler.next()
            var isInterrupted = interruption.wait(milliseconds: 500)
            while !isInterrupted {
                try yield(try sampler.next())
                isInterrupted = interruption.wait(milliseconds: 1000)
            }
        }
    }

    public func events(since: Int64?) -> ContainerSequence<Event> {
        ContainerSequence(ahead: 1024) { [engine] interruption, yield throws(ContainerError) in
            let reader = try engine.events(fromStart: since != nil)
            while !interruption.isInterrupted {
                for event in try reader.take() where event.time >= since ?? .min { try yield(event) }
                _ = poll([reader.descriptor, interruption.descriptor], milliseconds: nil)
            }
        }
    }

    private func blocking<Value: Sendable>(
        _ body: @escaping @Sendable (Engine) throws(ContainerError) -> Value
    ) async throws(ContainerError) -> Value {
        let engine = engine
        return try await BlockingWork.run { () throws(ContainerError) in try body(engine) }
    }
}

/// A process of the engine as one for Swift concurrency.
enum EngineProcess {
    struct Target: Sendable {
        /// Readable once the process has ended and all that it wrote was handed over.
        let end: CInt
        let signal: @Sendable (Int32) -> Void
        let resize: @Sendable (UInt16, UInt16) -> Void
        /// Its status; does not block for long once `end` is readable.
        let wait: @Sendable () throws(ContainerError) -> Int32

        init(
            end: CInt, signal: @escaping @Sendable (Int32) -> Void,
            resize: @escaping @Sendable (UInt16, UInt16) -> Void,
            wait: @escaping @Sendable () throws(ContainerError) -> Int32
        ) {
            self.end = end
            self.signal = signal
            self.resize = resize
            self.wait = wait
        }
    }

    /// - Parameter start: starts a process with the streams, or connects them with one.
    static func make(hasInput: Bool, _ start: (ClientStreams) throws(ContainerError) -> Target)
        throws(ContainerError) -> ContainerProcess
    {
        let (pump, target) = try StreamPump.connect(hasInput: hasInput, start)
        let status = Outcome<Int32>()
        let output = ContainerSequence<ContainerOutput> { interruption, yield throws(ContainerError) in
            do throws(ContainerError) {
                try pump.run(end: target.end, interruption, yield)
                status.set(.success(try target.wait()))
            } catch {
                status.set(.failure(error))
                throw error
            }
        }
        return ContainerProcess(
            output: output,
            control: .init(
                write: { bytes async throws(ContainerError) in
                    try await BlockingWork.interruptible { interruption throws(ContainerError) in
                        try pump.write(bytes, interruption)
                    }
                }, closeInput: { pump.closeInput() }, signal: target.signal,
                resize: { target.resize($0, $1) }, wait: { () async throws(ContainerError) in try await status.value }))
    }
}
