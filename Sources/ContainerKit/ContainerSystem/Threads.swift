import CKLinux
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
            code = create(&thread) { if start.wait() { body(number) } }
            if code == 0 { threads.append(thread) }
        }
        start.give(threads.count, isGo: code == 0)
        for thread in threads { pthread_join(thread, nil) }
        if code != 0 { throw error(code) }
    }

    /// Calls the body on a thread of its own, which goes on beside its starter.
    /// - Parameter isBusy: whether the starter has something else to do meanwhile.
    /// - Throws: `exhausted` when it cannot be started; the body is not called then.
    public static func start<Value: Sendable>(
        isBusy: Bool = true, _ body: @escaping @Sendable () throws(ContainerError) -> Value
    ) throws(ContainerError) -> Handle<Value> {
        let outcome = Outcome<Value>()
        var thread = pthread_t()
        let code = withAttributes(isElsewhere: isBusy) { attributes in
            create(&thread, attributes) {
                let result: Result<Value, ContainerError>
                do throws(ContainerError) { result = .success(try body()) } catch { result = .failure(error) }
                outcome.result.withLock { $0 = result }
            }
        }
        if code != 0 { throw error(code) }
        return Handle(thread, outcome)
    }

    /// A thread that somebody waits for (pthread_join(3)). It has ended when this is gone.
    public final class Handle<Value: Sendable>: Sendable {
        private let thread: Mutex<pthread_t?>
        private let outcome: Outcome<Value>

        fileprivate init(_ thread: pthread_t, _ outcome: Outcome<Value>) {
            self.thread = Mutex(thread)
            self.outcome = outcome
        }

        deinit { join() }

        /// Returns when the work has ended, however it did.
        public func join() {
            thread.withLock { thread in
                if let own = thread { pthread_join(own, nil) }
                thread = nil
            }
        }

        /// What came of the work, once it has ended.
        /// - Throws: what the work threw.
        public func value() throws(ContainerError) -> Value {
            join()
            guard let result = outcome.result.withLock({ $0 }) else {
                throw ContainerError(.systemFailure, "wait for a thread", cause: "it was lost")
            }
            return try result.get()
        }
    }

    fileprivate final class Outcome<Value: Sendable>: Sendable {
        let result = Mutex<Result<Value, ContainerError>?>(nil)
    }

    private static func create(
        _ thread: inout pthread_t, _ attributes: UnsafePointer<pthread_attr_t>? = nil,
        _ body: @escaping @Sendable () -> Void
    ) -> CInt {
        let work = Unmanaged.passRetained(Work(body))
        let code = pthread_create(&thread, attributes, { Work.run($0) }, work.toOpaque())
        if code != 0 { work.release() }
        return code
    }

    /// Attributes of a thread that is to run at once, and so on another processor than its starter: the scheduler of a
    /// virtual machine takes idle processors for ones that the host has taken away, and leaves it with its starter for
    /// milliseconds.
    private static func withAttributes<Result>(
        isElsewhere: Bool, _ body: (UnsafePointer<pthread_attr_t>?) -> Result
    ) -> Result {
        var attributes = pthread_attr_t()
        guard isElsewhere, pthread_attr_init(&attributes) == 0 else { return body(nil) }
        defer { pthread_attr_destroy(&attributes) }
        return ck_avoid_own_processor(&attributes) == 0 ? body(&attributes) : body(nil)
    }

    private static func error(_ code: CInt) -> ContainerError {
        ContainerError(.exhausted, "start a thread", cause: Errno(rawValue: code).description)
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
            // The context is the reference that `create` gave away.
            Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().body()
            return nil
        }
    }
}
