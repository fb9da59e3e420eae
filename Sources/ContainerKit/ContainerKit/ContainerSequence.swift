import ContainerSystem

/// What comes one after the other from a container: entries of its log, what it uses, what it writes.
///
/// ```swift
/// for try await entry in engine.containers.logs("web", .init(follows: true)) {
///     print(String(decoding: entry.text, as: UTF8.self), terminator: "")
/// }
/// ```
///
/// It begins at once, on a thread of its own, and runs a bounded number of elements ahead of whoever listens, so nothing is
/// lost and nothing piles up. Each element goes to one listener. It is given up when a task that listens is cancelled, by
/// `cancel()`, and when nobody refers to it any more; the thread ends promptly then. A listener that was given up on gets
/// a `ContainerError` with the code `cancelled`.
public final class ContainerSequence<Element: Sendable>: AsyncSequence, Sendable {
    public typealias Failure = ContainerError
    /// Hands an element on; blocks while too many wait for a listener, and throws `cancelled` when nobody wants it.
    public typealias Yield = (Element) throws(ContainerError) -> Void

    private let state: SequenceState<Element>

    /// - Parameters:
    ///   - ahead: how many elements may wait for a listener.
    ///   - body: makes them, one at a time, on a thread that may block; it waits with the interruption at hand (poll(2)),
    ///     which comes when nobody listens any more. The sequence ends with it, or throws what it throws.
    public init(
        ahead: Int = 64, _ body: @escaping @Sendable (Interruption, Yield) throws(ContainerError) -> Void
    ) {
        let state = SequenceState<Element>(ahead: ahead)
        self.state = state
        // The work holds the state only, so that a sequence which everybody has let go of is noticed.
        BlockingWork.start {
            do throws(ContainerError) {
                let interruption = try state.begin()
                try body(interruption) { element throws(ContainerError) in try state.add(element) }
                state.finish(.success(()))
            } catch {
                state.finish(.failure(error))
            }
        }
    }

    /// One that has these elements.
    public convenience init(_ elements: [Element]) {
        self.init { _, yield throws(ContainerError) in
            for element in elements { try yield(element) }
        }
    }

    deinit { state.cancel() }

    /// Gives it up.
    public func cancel() { state.cancel() }

    public func makeAsyncIterator() -> Iterator { Iterator(sequence: self) }

    public struct Iterator: AsyncIteratorProtocol {
        /// Also what keeps a sequence going that is only iterated.
        let sequence: ContainerSequence

        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(ContainerError)
            -> Element?
        {
            let state = sequence.state
            let result = await withTaskCancellationHandler {
                await withCheckedContinuation { state.awaitNext($0) }
            } onCancel: {
                state.cancel()
            }
            return try result.get()
        }
    }
}

extension ContainerSequence {
    /// All elements up to the end.
    public func collect() async throws(ContainerError) -> [Element] {
        var elements: [Element] = []
        var iterator = makeAsyncIterator()
        while let element = try await iterator.next() { elements.append(element) }
        return elements
    }
}
