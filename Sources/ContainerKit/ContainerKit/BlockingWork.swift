import Dispatch

/// Work that may block or compute for long, on a thread that Swift concurrency does not miss.
enum BlockingWork {
    /// The threads of Dispatch's global queues are as many as there are processors, and on Linux they are those that
    /// tasks run on. A serial queue of its own gets a thread besides those.
    static func start(_ work: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "containerkit").async(execute: work)
    }
}
