import ContainerSystem
import Glibc

// A handler may touch nothing but this.
nonisolated(unsafe) private var signalWriter: CInt = -1

/// Signals as bytes in a pipe, from the moment it is made until it is gone.
///
/// Handlers rather than a blocked mask and a signalfd(2): the threads of a pull may live on with the signals unblocked,
/// and one of them would take the signal and end the process.
final class SignalPipe {
    /// What is passed on to a container. SIGWINCH is told apart by the reader.
    static let forwarded = [SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGCONT]

    let reader: Descriptor
    private let writer: Descriptor
    private var before: [(CInt, sigaction)] = []

    init(_ signals: [CInt]) throws(ContainerError) {
        (reader, writer) = try Descriptor.pipe()
        // A handler must not wait for a reader.
        _ = fcntl(writer.raw, F_SETFL, O_NONBLOCK)
        signalWriter = writer.raw
        for signal in signals { catchSignal(signal) }
    }

    deinit {
        for (signal, action) in before {
            var action = action
            sigaction(signal, &action, nil)
        }
        signalWriter = -1
    }

    private func catchSignal(_ signal: CInt) {
        var old = sigaction()
        sigaction(signal, nil, &old)
        // Whoever started us with a signal ignored (nohup) wants it so.
        if unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == 1 { return }
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { number in
            let saved = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = write(signalWriter, &byte, 1)
            errno = saved
        }
        action.sa_flags = CInt(SA_RESTART)
        sigaction(signal, &action, nil)
        before.append((signal, old))
        // A program that starts us from a thread with signals blocked passes the mask on.
        var mask = sigset_t()
        sigemptyset(&mask)
        sigaddset(&mask, signal)
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    }

    /// The signals that have come; call when `reader` is readable.
    func take() -> [CInt] { Self.take(from: reader) }

    /// As the other, for a thread that has the reader only.
    static func take(from reader: Descriptor) -> [CInt] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(reader.raw, &bytes, bytes.count)
        return bytes.prefix(max(0, count)).map { CInt($0) }
    }
}
