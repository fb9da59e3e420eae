import ContainerSystem
import Dispatch
import Synchronization

/// How far a blob is that is being written, for the one who reads behind.
final class IngestProgress: Sendable {
    private struct State {
        var written: Int64 = 0
        var isOver = false
        var failure: ContainerError?
        var isAwaited = false
    }

    private let state = Mutex(State())
    private let moved = DispatchSemaphore(value: 0)

    func advance(to written: Int64) { change { $0.written = written } }

    /// - Parameter failure: nil when the blob is whole. The first end counts.
    func end(_ failure: ContainerError?) {
        change { state in
            if state.isOver { return }
            state.isOver = true
            state.failure = failure
        }
    }

    /// Waits until there is more than `offset` bytes.
    /// - Returns: false when there will never be.
    /// - Throws: what the blob failed with.
    func wait(beyond offset: Int64) throws(ContainerError) -> Bool {
        while true {
            let (answer, failure) = state.withLock { state -> (Bool?, ContainerError?) in
                if let failure = state.failure { return (nil, failure) }
                if state.written > offset { return (true, nil) }
                if state.isOver { return (false, nil) }
                state.isAwaited = true
                return (nil, nil)
            }
            if let failure { throw failure }
            if let answer { return answer }
            moved.wait()
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let wasAwaited = state.withLock { state in
            body(&state)
            defer { state.isAwaited = false }
            return state.isAwaited
        }
        if wasAwaited { moved.signal() }
    }
}
