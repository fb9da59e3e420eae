import ContainerEngine
import ContainerSystem

/// A pull or a push under way: the sequence of its events, and in the end what came of it.
///
/// ```swift
/// let pull = engine.pulling("busybox")
/// for try await event in pull {
///     if case .progress(let layer, let phase, let done, let total) = event { print(layer, phase, done, total) }
/// }
/// let image = try await pull.value
/// ```
///
/// It begins at once, whether or not anybody listens, and never waits for a listener: of a layer's progress only the
/// newest is kept, while a status is never lost. The sequence ends when the transfer does, and throws what it throws.
/// Each event goes to one listener.
///
/// It is given up when the task that listens or waits for `value` is cancelled, by `cancel()`, and when nobody refers to
/// it any more. What has been fetched until then serves the next pull.
public final class Transfer<Value: Sendable>: AsyncSequence, Sendable {
    public typealias Element = TransferEvent
    public typealias Failure = ContainerError

    private let state = TransferState<Value>()

    /// - Parameter body: does the work, on a thread that may block.
    init(_ body: @escaping @Sendable (@escaping TransferObserver) throws(ContainerError) -> Value) {
        // The work holds the state only, so that a transfer which everybody has let go of is noticed.
        BlockingWork.start { [state] in
            do throws(ContainerError) {
                state.finish(.success(try body { event throws(ContainerError) in try state.add(event) }))
            } catch {
                state.finish(.failure(error))
            }
        }
    }

    deinit { state.cancel() }

    /// What the transfer is for, once nothing of it goes on any more. A task that is cancelled while it waits ends the
    /// transfer, and waits no longer.
    /// - Throws: what the transfer ended with; `cancelled` when it was given up.
    public var value: Value {
        get async throws(ContainerError) {
            let ticket = state.makeTicket()
            let result = await withTaskCancellationHandler {
                await withCheckedContinuation { state.awaitEnd(ticket, $0) }
            } onCancel: {
                state.cancel()
                state.giveBack(ticket)
            }
            return try result.get()
        }
    }

    /// Gives the transfer up: its sequence throws `cancelled` at once, and the work ends with its next block of bytes.
    public func cancel() { state.cancel() }

    public func makeAsyncIterator() -> Iterator { Iterator(transfer: self) }

    public struct Iterator: AsyncIteratorProtocol {
        /// Also what keeps a transfer going that is only iterated.
        let transfer: Transfer

        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(ContainerError)
            -> TransferEvent?
        {
            let state = transfer.state
            let result = await withTaskCancellationHandler {
                await withCheckedContinuation { state.awaitEvent($0) }
            } onCancel: {
                state.cancel()
            }
            return try result.get()
        }
    }
}
