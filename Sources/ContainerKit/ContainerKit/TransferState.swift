import ContainerEngine
import ContainerSystem
import Synchronization

/// What the threads of a transfer and those who listen to it share.
final class TransferState<Value: Sendable>: Sendable {
    typealias EventContinuation = CheckedContinuation<Result<TransferEvent?, ContainerError>, Never>
    typealias EndContinuation = CheckedContinuation<Result<Value, ContainerError>, Never>

    private struct State {
        var events = TransferBuffer()
        var result: Result<Value, ContainerError>?
        var isCancelled = false
        /// Someone waits only while there is no event.
        var listeners: [EventContinuation] = []
        /// Those who wait for the end, by their tickets; nil for one who does not wait yet.
        var waiters: [Int: EndContinuation?] = [:]
        var tickets = 0

        /// What a listener gets; nil when it has to wait.
        mutating func next() -> Result<TransferEvent?, ContainerError>? {
            if isCancelled { return .failure(TransferState.cancelled) }
            if let event = events.popFirst() { return .success(event) }
            return result.map { $0.map { _ in nil } }
        }
    }

    private let state = Mutex(State())

    private static var cancelled: ContainerError { ContainerError(.cancelled, "the transfer was given up") }

    /// - Throws: `cancelled`, which ends the work.
    func add(_ event: TransferEvent) throws(ContainerError) {
        let (isCancelled, listener) = state.withLock { state -> (Bool, EventContinuation?) in
            if state.isCancelled { return (true, nil) }
            if !state.listeners.isEmpty { return (false, state.listeners.removeFirst()) }
            state.events.add(event)
            return (false, nil)
        }
        if isCancelled { throw Self.cancelled }
        listener?.resume(returning: .success(event))
    }

    func finish(_ result: Result<Value, ContainerError>) {
        let (listeners, waiters) = state.withLock { state in
            state.result = result
            defer { (state.listeners, state.waiters) = ([], [:]) }
            return (state.listeners, state.waiters.values.compactMap { $0 })
        }
        for listener in listeners { listener.resume(returning: result.map { _ in nil }) }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    /// Nothing happens when it is over already.
    func cancel() {
        let listeners = state.withLock { state in
            guard state.result == nil else { return [EventContinuation]() }
            state.isCancelled = true
            defer { state.listeners = [] }
            return state.listeners
        }
        for listener in listeners { listener.resume(returning: .failure(Self.cancelled)) }
    }

    func awaitEvent(_ listener: EventContinuation) {
        let next = state.withLock { state in
            let next = state.next()
            if next == nil { state.listeners.append(listener) }
            return next
        }
        if let next { listener.resume(returning: next) }
    }

    /// For one who is going to wait for the end.
    func makeTicket() -> Int {
        state.withLock { state in
            state.tickets += 1
            state.waiters.updateValue(nil, forKey: state.tickets)
            return state.tickets
        }
    }

    func awaitEnd(_ ticket: Int, _ waiter: EndContinuation) {
        let result = state.withLock { state -> Result<Value, ContainerError>? in
            if let result = state.result { return result }
            if !state.waiters.keys.contains(ticket) { return .failure(Self.cancelled) }
            state.waiters[ticket] = waiter
            return nil
        }
        if let result { waiter.resume(returning: result) }
    }

    /// Whoever has the ticket waits no longer.
    func giveBack(_ ticket: Int) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: ticket) ?? nil }
        waiter?.resume(returning: .failure(Self.cancelled))
    }
}
