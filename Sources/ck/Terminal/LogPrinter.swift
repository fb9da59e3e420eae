import ContainerEngine
import ContainerSystem
import Glibc

/// Writes the entries of a log to standard output and standard error, in their order and many at a time. What the
/// container wrote goes out as it is, whatever it does to a terminal: that is what it was written for.
struct LogPrinter {
    let showsTime: Bool
    let showsDetails: Bool
    private var bytes: [UInt8] = []
    private var target: CInt = 1

    private static let most = 1 << 18

    init(showsTime: Bool, showsDetails: Bool) {
        self.showsTime = showsTime
        self.showsDetails = showsDetails
        bytes.reserveCapacity(Self.most + (1 << 16))
    }

    mutating func add(_ record: LogRecord) throws(ContainerError) {
        let wanted: CInt = record.isError ? 2 : 1
        if wanted != target || bytes.count >= Self.most {
            try flush()
            target = wanted
        }
        if showsTime {
            record.time.append(to: &bytes)
            bytes.append(0x20)
        }
        if showsDetails {
            bytes.append(contentsOf: record.details.utf8)
            bytes.append(0x20)
        }
        bytes.append(contentsOf: record.text)
    }

    /// - Throws: `cancelled` when nobody reads any more.
    mutating func flush() throws(ContainerError) {
        guard !bytes.isEmpty else { return }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { write(target, $0.baseAddress! + done, $0.count - done) }
            if count < 0 && errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                var wait = pollfd(fd: target, events: Int16(POLLOUT), revents: 0)
                poll(&wait, 1, -1)
                continue
            }
            guard count > 0 else {
                throw ContainerError(
                    errno == EPIPE ? .cancelled : .systemFailure, "write the log", cause: "\(Errno.current)")
            }
            done += count
        }
        bytes.removeAll(keepingCapacity: true)
    }
}
