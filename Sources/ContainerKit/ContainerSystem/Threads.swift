import Dispatch
import Glibc
import Synchronization

/// Threads of their own, for work that blocks: the shared pools have as many as there are processors.
public enum Threads {
    /// Calls the body once for each number below `count`, each on a thread of its own, and returns when all have.
    /// - Throws: `exhausted` when not all of them can be started; the body is not called then.
    public static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws(ContainerError) {
        let start = Start()
        var threads = [pthread_t]()
        var code: CInt = 0
        while threads.count < count, code == 0 {
            var thread = pthread_t()
            let number = threads.count
            let work = Unmanaged.passRetained(Work { if start.wait() { body(number) } })
            code = pthread_create(&thread, nil, { Work.run($0) }, work.toOpaque())
            if code == 0 { threads.append(thread) } else { work.release() }
        }
        start.give(threads.count, isGo: code == 0)
        for thread in threads { pthread_join(thread, nil) }
        if code != 0 {
            throw ContainerError(.exhausted, "start a thread", cause: Errno(rawValue: code).description)
        }
    }

    /// All run or none: some of the work may wait for other work.
    private final class Start: Sendable {
        private let isGo = Atomic<Bool>(false)
        private let semaphore = DispatchSemaphore(value: 0)

        func wait() -> Bool {
            semaphore.wait()
            return isGo.load(ordering: .acquiring)
        }

        func give(_ count: Int, isGo: Bool) {
            self.isGo.store(isGo, ordering: .releasing)
            for _ in 0..<count { semaphore.signal() }
        }
    }

    private final class Work: Sendable {
        private let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }

        static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
            // The context is the reference that `Threads.run` gave away.
            Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().body()
            return nil
        }
    }
}
