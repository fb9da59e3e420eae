import ContainerEngine
import ContainerSystem
import Dispatch
import Glibc
import Synchronization

/// Shows a transfer from a thread of its own, so that no thread of the transfer ever waits for a terminal or a pipe;
/// and lets control-C end it in good order.
final class TransferWatch: Sendable {
    /// Seconds that a transfer has to clean up after a signal, before the process ends all the same.
    private static let patience = 3.0
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    private let events = Mutex(TransferBuffer())
    private let display: Mutex<any TransferDisplay>
    /// The signal that ends the transfer; 0 when none has come.
    private let signal = Atomic<CInt>(0)

    private init(_ display: any TransferDisplay) { self.display = Mutex(display) }

    /// Runs a transfer. When a signal ends it, so ends the process, after what had begun is put away.
    /// - Parameter interrupted: called before a signal ends the process.
    static func follow<Result>(
        _ display: any TransferDisplay, interrupted: (ContainerError) -> Void,
        _ body: (@escaping TransferObserver) throws(ContainerError) -> Result
    ) throws(ContainerError) -> Result {
        let watch = TransferWatch(display)
        let signals = try SignalPipe(Self.signals + [SIGCONT])
        let (ended, end) = try Descriptor.pipe()
        // A queue of its own has a thread of its own.
        let thread = DispatchQueue(label: "progress")
        thread.async { [reader = signals.reader] in watch.run(reader, until: ended) }
        let result: Swift.Result<Result, ContainerError>
        do throws(ContainerError) {
            result = .success(try body { event throws(ContainerError) in try watch.add(event) })
        } catch {
            result = .failure(error)
        }
        try end.writeAll([1], name: "pipe")
        thread.sync {}
        watch.display.withLock { display in
            display.show(watch.events.withLock { $0.takeAll() }, at: Self.now())
            if case .success = result { display.end(hasSucceeded: true) } else { display.end(hasSucceeded: false) }
        }
        let number = watch.signal.load(ordering: .relaxed)
        if number != 0 {
            if case .failure(let error) = result { interrupted(error) }
            Self.die(of: number)
        }
        return try result.get()
    }

    /// The transfer's threads are here: it costs them a few hundred nanoseconds.
    private func add(_ event: TransferEvent) throws(ContainerError) {
        if signal.load(ordering: .relaxed) != 0 { throw ContainerError(.cancelled, "interrupted") }
        events.withLock { $0.add(event) }
    }

    private func run(_ signals: Descriptor, until ended: Descriptor) {
        var watched = [signals, ended].map { pollfd(fd: $0.raw, events: Int16(POLLIN), revents: 0) }
        var deadline: Double?
        while true {
            let interval = display.withLock { $0.interval }
            poll(&watched, 2, interval)
            if watched[1].revents != 0 { return }
            let came = watched[0].revents != 0 ? SignalPipe.take(from: signals) : []
            let isRepeated = came.contains { $0 != SIGCONT } && deadline != nil
            for number in came where number != SIGCONT && deadline == nil {
                signal.store(number, ordering: .relaxed)
                deadline = Self.now() + Self.patience
            }
            if isRepeated || deadline.map({ Self.now() > $0 }) == true {
                display.withLock { $0.end(hasSucceeded: false) }
                Self.die(of: signal.load(ordering: .relaxed))
            }
            display.withLock { display in
                if came.contains(SIGCONT) { display.resume() }
                display.show(events.withLock { $0.takeAll() }, at: Self.now())
            }
        }
    }

    /// As the signal would have ended it: whoever started us sees that, and a shell's loop ends as well.
    private static func die(of number: CInt) -> Never {
        Glibc.signal(number, SIG_DFL)
        var mask = sigset_t()
        sigemptyset(&mask)
        sigaddset(&mask, number)
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
        raise(number)
        // The first process of a container has no default actions.
        _exit(128 + number)
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
