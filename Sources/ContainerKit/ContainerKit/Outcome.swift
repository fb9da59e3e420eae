import ContainerSystem
import Synchronization

/// A result that is there once, for any number of tasks that wait for it.
final class Outcome<Value: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Result<Value, ContainerError>, Never>

    private struct State {
        var result: Result<Value, ContainerError>?
        /// Nil for a task that is about to wait.
        var waiters: [Int: Waiter?] = [:]
        var tickets = 0
    }

    private let state = Mutex(State())

    func set(_ result: Result<Value, ContainerError>) {
        let waiters = state.withLock { state -> [Waiter] in
            guard state.result == nil else { return [] }
            state.result = result
            defer { state.waiters = [:] }
            return state.waiters.values.compactMap { $0 }
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    /// - Throws: what the result is; `cancelled` when the task is, which changes nothing for others.
    var value: Value {
        get async throws(ContainerError) {
            let ticket = state.withLock { state in
                state.tickets += 1
                state.waiters.updateValue(nil, forKey: state.tickets)
                return state.tickets
            }
            let result = await withTaskCancellationHandler {
                await withCheckedContinuation { wait(ticket, $0) }
            } onCancel: {
                let waiter = state.withLock { $0.waiters.removeValue(forKey: ticket) ?? nil }
                waiter?.resume(returning: .failure(Self.cancelled))
            }
            return try result.get()
        }
    }

    private func wait(_ ticket: Int, _ waiter: Waiter) {
        let result = state.withLock { state -> Result<Value, ContainerError>? in
            if let result = state.result { return result }
            if !state.waiters.keys.contains(ticket) { return .failure(Self.cancelled) }
            state.waiters[ticket] = waiter
            return nil
        }
        if let result { waiter.resume(returning: result) }
    }

    private static var cancelled: ContainerError { ContainerError(.cancelled, "the wait was given up") }
}
