import CKLinux
import Glibc

/// A process for all time: its pid, and when it started, since pids are used again (proc_pid_stat(5), field 22).
public struct ProcessIdentity: Sendable, Equatable, Codable {
    public let pid: Int32
    /// Clock ticks since the host's boot.
    public let startTime: UInt64

    public init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// The calling process.
    public static var current: ProcessIdentity {
        ProcessIdentity(pid: getpid(), startTime: startTime(of: getpid()) ?? 0)
    }

    /// Whether it still runs; a zombie does not.
    public var isAlive: Bool {
        guard let status = Self.status(of: pid) else { return false }
        return status.startTime == startTime && status.state != UInt8(ascii: "Z")
            && status.state != UInt8(ascii: "X")
    }

    /// A pidfd (pidfd_open(2)), or nil when the process is gone.
    public func open() -> Descriptor? {
        let raw = ck_pidfd_open(pid, 0)
        guard raw >= 0 else { return nil }
        let descriptor = Descriptor(owning: raw)
        // The pid was looked up before the check, so the descriptor is for the process that is checked.
        return Self.startTime(of: pid) == startTime ? descriptor : nil
    }

    /// Sends a signal; false when the process is gone.
    /// - Throws: `ContainerError` with the errno.
    @discardableResult
    public func signal(_ number: Int32) throws(ContainerError) -> Bool {
        guard let descriptor = open() else { return false }
        if ck_pidfd_send_signal(descriptor.raw, number) == 0 { return true }
        if errno == ESRCH { return false }
        throw ContainerError(.current, "send signal \(number) to process \(pid)")
    }

    /// Blocks until the process has ended, or until `milliseconds` have passed; whether it has ended.
    public func waitForEnd(milliseconds: Int?) -> Bool {
        guard let descriptor = open() else { return true }
        var wait = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
        let deadline = milliseconds.map { ContinuousClock.now + .milliseconds($0) }
        while true {
            var timeout = CInt(-1)
            if let deadline {
                let rest = (deadline - ContinuousClock.now).components
                timeout = CInt(
                    clamping: rest.seconds * 1000 + (rest.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
            }
            let count = poll(&wait, 1, max(timeout, deadline == nil ? -1 : 0))
            if count > 0 { return true }
            if count == 0 { return false }
        }
    }

    /// When a process started; nil when there is none of that pid.
    public static func startTime(of pid: Int32) -> UInt64? { status(of: pid)?.startTime }

    /// Fields 3 and 22 of /proc/PID/stat. Field 2 may hold anything, also brackets and spaces.
    private static func status(of pid: Int32) -> (state: UInt8, startTime: UInt64)? {
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
            let file = Glibc.open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return nil }
            defer { close(file) }
            let count = read(file, buffer.baseAddress, buffer.count)
            guard count > 0, let end = buffer[..<count].lastIndex(of: UInt8(ascii: ")")), end + 2 < count else {
                return nil
            }
            var field = 3
            var start: UInt64 = 0
            for byte in buffer[(end + 2)..<count] {
                if byte == 0x20 {
                    if field == 22 { return (buffer[end + 2], start) }
                    field += 1
                } else if field == 22 {
                    guard (0x30...0x39).contains(byte) else { return nil }
                    start = start &* 10 &+ UInt64(byte - 0x30)
                }
            }
            return nil
        }
    }
}
