import ContainerKit
import ContainerSystem
import Synchronization

/// Containers without a kernel, for the tests of a service that uses `any ContainerService`: what a program would write
/// and how it would end stands in a script.
///
/// ```swift
/// let containers = FakeContainers { options in
///     options.command.first == "convert" ? FakeRun("done\n") : FakeRun(errors: "no such command\n", status: 127)
/// }
/// let service = Thumbnails(containers: containers)
/// try await service.make("cat.png")
/// #expect(containers.calls == ["run imagemagick convert cat.png"])
/// ```
///
/// States are those of real ones: one that runs cannot be removed, a name is taken once, a container that is not there is
/// `notFound`. Times do not pass by themselves: each entry of a log is a second younger than the one before.
public final class FakeContainers: ContainerService {
    /// What a container's program, or a process in a container, does.
    public typealias Script = @Sendable (ContainerOptions) throws(ContainerError) -> FakeRun
    public typealias ExecScript = @Sendable (_ container: String, ExecOptions) throws(ContainerError) -> FakeRun

    private let script: Script
    private let execScript: ExecScript
    let state = Mutex(State())

    /// - Parameters:
    ///   - script: what a container does when it is started; by default it ends at once with nothing said.
    ///   - exec: what a process in a container does.
    public init(
        script: @escaping Script = { _ in FakeRun() }, exec: @escaping ExecScript = { _, _ in FakeRun() }
    ) {
        self.script = script
        execScript = exec
    }

    struct Fake {
        let id: String
        let name: String
        let options: ContainerOptions
        var run: FakeRun?
        var written: [ContainerOutput] = []
        var status: Int32?
        var isRunning: Bool { run != nil && status == nil }
    }

    struct State {
        var fakes: [Fake] = []
        var calls: [String] = []
        var failures: [String: [ContainerError]] = [:]
        var made = 0
        var usage: ContainerStatistics.Usage?
        var events: [Event] = []

        /// A second after the one before.
        mutating func happened(_ action: String, _ fake: Fake, _ attributes: [String: String] = [:]) {
            let all = ["image": fake.options.image, "name": fake.name].merging(attributes) { $1 }
            events.append(
                Event(.container, action, id: fake.id, attributes: all, time: FakeClock.time(of: events.count)))
        }

        mutating func remove(_ id: String) {
            guard let index = fakes.firstIndex(where: { $0.id == id }) else { return }
            happened("destroy", fakes.remove(at: index))
        }
    }

    // MARK: - What a test looks at, and sets

    /// What was asked for, in order: `create IMAGE COMMAND`, `start NAME`, `exec NAME COMMAND`, `stop NAME`, ...
    public var calls: [String] { state.withLock { $0.calls } }

    /// Lets the next call of that word (`create`, `start`, `exec`, ...) fail.
    public func fail(_ call: String, with error: ContainerError) {
        state.withLock { $0.failures[call, default: []].append(error) }
    }

    /// Ends a running container, as its program would.
    public func end(_ container: String, status: Int32 = 0) throws(ContainerError) {
        try edit(container) { fake in if fake.isRunning { fake.status = status } }
    }

    /// Adds to what a running container has written.
    public func write(_ output: ContainerOutput, in container: String) throws(ContainerError) {
        try edit(container) { fake in fake.written.append(output) }
    }

    /// What running containers use from now on.
    public func use(_ usage: ContainerStatistics.Usage) { state.withLock { $0.usage = usage } }

    // MARK: - ContainerService

    public func list(all: Bool) async throws(ContainerError) -> [ContainerSummary] {
        try note("list")
        return state.withLock { state in
            state.fakes.reversed().filter { all || $0.isRunning }.map(\.summary)
        }
    }

    public func create(_ options: ContainerOptions) async throws(ContainerError) -> String {
        try note("create", options.words)
        return try add(options)
    }

    public func start(_ container: String) async throws(ContainerError) {
        try note("start", container)
        try begin(container)
    }

    public func run(_ options: ContainerOptions, outputLimit: Int) async throws(ContainerError) -> RunResult {
        try note("run", options.words)
        let id = try add(options)
        defer { state.withLock { $0.remove(id) } }
        try begin(id)
        let status = try await end(of: id)
        let written = try find(id).written
        func text(_ isError: Bool) -> String {
            let bytes = written.filter { $0.isError == isError }.flatMap(\.bytes)
            return String(decoding: bytes.prefix(outputLimit), as: UTF8.self)
        }
        return RunResult(status: status, output: text(false), errors: text(true))
    }

    public func exec(_ container: String, _ options: ExecOptions) async throws(ContainerError) -> ContainerProcess {
        try note("exec", ([container] + options.command).joined(separator: " "))
        let fake = try find(container)
        guard fake.isRunning else { throw Self.notRunning(fake) }
        return try execScript(fake.name, options).process(hasInput: options.stdinOpen)
    }

    public func attach(_ container: String) async throws(ContainerError) -> ContainerProcess {
        try note("attach", container)
        let fake = try find(container)
        guard let run = fake.run, fake.isRunning else { throw Self.notRunning(fake) }
        let output = ContainerSequence<ContainerOutput> { interruption, yield throws(ContainerError) in
            try self.follow(fake.id, from: fake.written.count, interruption) { index, piece throws(ContainerError) in
                try yield(piece)
            }
        }
        return ContainerProcess(
            output: output,
            control: run.control(hasInput: fake.options.stdinOpen) { () async throws(ContainerError) in
                try await self.end(of: fake.id)
            })
    }

    public func stop(_ container: String, timeout: Int?) async throws(ContainerError) {
        try note("stop", container)
        try edit(container) { fake in if fake.isRunning { fake.status = 143 } }
    }

    public func kill(_ container: String, signal: String) async throws(ContainerError) {
        try note("kill", "\(container) \(signal)")
        let fake = try find(container)
        guard fake.isRunning else { throw Self.notRunning(fake) }
        try edit(container) { fake in fake.status = 137 }
    }

    public func wait(_ container: String) async throws(ContainerError) -> Int32 {
        try note("wait", container)
        return try await end(of: try find(container).id)
    }

    public func remove(_ container: String, force: Bool) async throws(ContainerError) {
        try note("rm", container)
        let fake = try find(container)
        if fake.isRunning, !force {
            throw ContainerError(
                .conflict, "cannot remove container \"/\(fake.name)\": container is running",
                hint: "stop the container before removing or force remove")
        }
        state.withLock { $0.remove(fake.id) }
    }

    public func logs(_ container: String, _ query: ContainerLog.Query) -> ContainerSequence<ContainerLog.Entry> {
        ContainerSequence { interruption, yield throws(ContainerError) in
            try self.note("logs", container)
            let fake = try self.find(container)
            let first = query.last.map { max(0, fake.written.count - $0) } ?? 0
            try self.follow(fake.id, from: first, query.follows ? interruption : nil) {
                index, piece throws(ContainerError) in
                let time = FakeClock.time(of: index)
                if query.since.map({ time < $0 }) == true || query.until.map({ time > $0 }) == true { return }
                try yield(.init(text: piece.bytes, isError: piece.isError, time: FakeClock.text(time)))
            }
        }
    }

    public func events(since: Int64?) -> ContainerSequence<Event> {
        let first = since == nil ? state.withLock { $0.events.count } : 0
        return ContainerSequence { interruption, yield throws(ContainerError) in
            var next = first
            while !interruption.wait(milliseconds: 1) {
                for event in self.state.withLock({ Array($0.events.dropFirst(next)) }) {
                    next += 1
                    if event.time >= since ?? .min { try yield(event) }
                }
            }
        }
    }

    public func stats(_ selection: StatisticsSelection) -> ContainerSequence<[ContainerStatistics]> {
        ContainerSequence(ahead: 1) { interruption, yield throws(ContainerError) in
            try self.note("stats")
            var names: [String]?
            if case .named(let wanted) = selection {
                for name in wanted { _ = try self.find(name) }
                names = wanted
            }
            while !interruption.isInterrupted {
                try yield(self.sample(selection, names))
                _ = interruption.wait(milliseconds: 1)
            }
        }
    }
}

// MARK: - How

extension FakeContainers {
    private func note(_ call: String, _ rest: String = "") throws(ContainerError) {
        let failure = state.withLock { state -> ContainerError? in
            state.calls.append(rest.isEmpty ? call : "\(call) \(rest)")
            guard var failures = state.failures[call], !failures.isEmpty else { return nil }
            let failure = failures.removeFirst()
            state.failures[call] = failures
            return failure
        }
        if let failure { throw failure }
    }

    private func add(_ options: ContainerOptions) throws(ContainerError) -> String {
        let result = state.withLock { state -> Result<String, ContainerError> in
            state.made += 1
            let digits = String(state.made, radix: 16)
            let id = String(repeating: "0", count: 63 - digits.count) + digits + "f"
            let name = options.name ?? "fake_\(state.made)"
            if let other = state.fakes.first(where: { $0.name == name }) {
                return .failure(
                    ContainerError(
                        .conflict, "the container name \"/\(name)\" is already in use by container \"\(other.id)\""))
            }
            let fake = Fake(id: id, name: name, options: options)
            state.fakes.append(fake)
            state.happened("create", fake)
            return .success(id)
        }
        return try result.get()
    }

    private func begin(_ container: String) throws(ContainerError) {
        let fake = try find(container)
        if fake.isRunning { throw ContainerError(.conflict, "container \(fake.name) is already running") }
        let run = try script(fake.options)
        try edit(fake.id) { fake in (fake.run, fake.status) = (nil, nil) }
        try edit(fake.id) { fake in
            fake.run = run
            fake.written += run.output
            fake.status = run.isEndless ? nil : run.status
        }
    }

    func find(_ name: String) throws(ContainerError) -> Fake {
        let fakes = state.withLock { $0.fakes }
        if let fake = fakes.first(where: { $0.name == name || $0.id == name }) { return fake }
        let matches = name.isEmpty ? [] : fakes.filter { $0.id.hasPrefix(name) }
        guard matches.count < 2 else {
            throw ContainerError(.conflict, "container id \(name): it fits more than one container")
        }
        guard let fake = matches.first else { throw ContainerError(.notFound, "No such container: \(name)") }
        return fake
    }

    private func edit(_ name: String, _ body: @Sendable (inout Fake) -> Void) throws(ContainerError) {
        let id = try find(name).id
        state.withLock { state in
            guard let index = state.fakes.firstIndex(where: { $0.id == id }) else { return }
            let before = state.fakes[index]
            body(&state.fakes[index])
            let after = state.fakes[index]
            if before.run == nil, after.run != nil { state.happened("start", after) }
            if before.status == nil, let status = after.status {
                state.happened("die", after, ["exitCode": String(status)])
            }
        }
    }

    private static func notRunning(_ fake: Fake) -> ContainerError {
        ContainerError(.conflict, "container \(fake.id) is not running", hint: "start it first")
    }

    /// - Throws: `cancelled` when the task is.
    private func end(of id: String) async throws(ContainerError) -> Int32 {
        while true {
            let fake = try find(id)
            if !fake.isRunning { return fake.status ?? 0 }
            do { try await Task.sleep(for: .milliseconds(1)) } catch {
                throw ContainerError(.cancelled, "the wait was given up")
            }
        }
    }

    /// What was written from a piece on.
    /// - Parameter interruption: what ends the wait for more; nil does not wait.
    private func follow(
        _ id: String, from first: Int, _ interruption: Interruption?,
        _ body: (Int, ContainerOutput) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        var next = first
        while true {
            // One that has been removed has ended.
            let fake = try? find(id)
            for piece in (fake?.written ?? []).dropFirst(next) {
                try body(next, piece)
                next += 1
            }
            guard let interruption, fake?.isRunning == true else { return }
            if interruption.wait(milliseconds: 1) { throw ContainerError(.cancelled, "nobody listens any more") }
        }
    }

    private func sample(_ selection: StatisticsSelection, _ names: [String]?) -> [ContainerStatistics] {
        state.withLock { state in
            state.fakes.reversed().filter { fake in
                if let names { return names.contains { fake.name == $0 || fake.id.hasPrefix($0) } }
                return selection == .all || fake.isRunning
            }.map {
                ContainerStatistics(id: $0.id, name: $0.name, usage: $0.isRunning ? state.usage ?? .init() : nil)
            }
        }
    }
}
