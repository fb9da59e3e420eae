import Glibc

/// Time that only goes forward, whatever becomes of the date (`CLOCK_MONOTONIC`, clock_gettime(2)).
public enum SteadyClock {
    /// Since some moment of the past.
    public static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
