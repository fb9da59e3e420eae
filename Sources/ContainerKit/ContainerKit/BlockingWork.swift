import ContainerSystem
import Dispatch

/// Work that may block or compute for long, on a thread that Swift concurrency does not miss.
enum BlockingWork {
    /// The threads of Dispatch's global queues are as many as there are processors, and on Linux they are those that
    /// tasks run on. A serial queue of its own gets a thread besides those.
    static func start(_ work: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "containerkit").async(execute: work)
    }

    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws(ContainerError) -> Value)
        async throws(ContainerError) -> Value
    {
        let result: Result<Value, ContainerError> = await withCheckedContinuation { continuation in
            start {
                do throws(ContainerError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// As the other, for work that waits with the interruption at hand, which comes when the task is cancelled.
    static func interruptible<Value: Sendable>(
        _ body: @escaping @Sendable (Interruption) throws(ContainerError) -> Value
    ) async throws(ContainerError) -> Value {
        let interruption = try Interruption()
        let result: Result<Value, ContainerError> = await withTaskCancellationHandler {
            do throws(ContainerError) {
                return .success(try await run { () throws(ContainerError) in try body(interruption) })
            } catch {
                return .failure(error)
            }
        } onCancel: {
            interruption.interrupt()
        }
        return try result.get()
    }
}
