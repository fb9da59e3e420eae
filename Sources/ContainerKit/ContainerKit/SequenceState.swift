import ContainerSystem
import Dispatch
import Synchronization

/// What the thread of a sequence and those who listen to it share.
final class SequenceState<Element: Sendable>: Sendable {
    typealias Listener = CheckedContinuation<Result<Element?, ContainerError>, Never>

    private struct State {
        /// The first is at `taken`; what is before it is gone.
        var elements: [Element] = []
        var taken = 0
        var listeners: [Listener] = []
        var result: Result<Void, ContainerError>?
        var isCancelled = false
        var interruption: Interruption?

        mutating func popFirst() -> Element? {
            guard taken < elements.count else { return nil }
            taken += 1
            defer {
                if taken == elements.count { (elements, taken) = ([], 0) }
            }
            return elements[taken - 1]
        }
    }

    private let state = Mutex(State())
    /// Made empty and filled, since one may not be let go of with less in it than it was made with.
    private let room = DispatchSemaphore(value: 0)

    init(ahead: Int) { for _ in 0..<max(1, ahead) { room.signal() } }

    private static var cancelled: ContainerError { ContainerError(.cancelled, "nobody listens any more") }

    // MARK: - The thread

    func begin() throws(ContainerError) -> Interruption {
        let interruption = try Interruption()
        let isCancelled = state.withLock { state in
            state.interruption = interruption
            return state.isCancelled
        }
        if isCancelled { throw Self.cancelled }
        return interruption
    }

    /// - Throws: `cancelled`.
    func add(_ element: Element) throws(ContainerError) {
        if state.withLock({ $0.isCancelled }) { throw Self.cancelled }
        room.wait()
        let (isCancelled, listener) = state.withLock { state -> (Bool, Listener?) in
            if state.isCancelled { return (true, nil) }
            if !state.listeners.isEmpty { return (false, state.listeners.removeFirst()) }
            state.elements.append(element)
            return (false, nil)
        }
        if isCancelled { throw Self.cancelled }
        if let listener {
            room.signal()
            listener.resume(returning: .success(element))
        }
    }

    func finish(_ result: Result<Void, ContainerError>) {
        let listeners = state.withLock { state in
            state.result = result
            state.interruption = nil
            defer { state.listeners = [] }
            return state.listeners
        }
        for listener in listeners { listener.resume(returning: result.map { nil }) }
    }

    // MARK: - Those who listen

    private enum Answer {
        case element(Element)
        case result(Result<Element?, ContainerError>)
        case wait
    }

    func awaitNext(_ listener: Listener) {
        let answer = state.withLock { state -> Answer in
            if state.isCancelled { return .result(.failure(Self.cancelled)) }
            if let element = state.popFirst() { return .element(element) }
            if let result = state.result { return .result(result.map { nil }) }
            state.listeners.append(listener)
            return .wait
        }
        switch answer {
        case .element(let element):
            room.signal()
            listener.resume(returning: .success(element))
        case .result(let result): listener.resume(returning: result)
        case .wait: break
        }
    }

    func cancel() {
        let (listeners, interruption) = state.withLock { state -> ([Listener], Interruption?) in
            if state.isCancelled { return ([], nil) }
            state.isCancelled = true
            state.elements = []
            state.taken = 0
            defer { state.listeners = [] }
            return (state.listeners, state.interruption)
        }
        interruption?.interrupt()
        // Whoever waits for room need not any more.
        room.signal()
        for listener in listeners { listener.resume(returning: .failure(Self.cancelled)) }
    }
}
