import Glibc

/// Bytes per second, smoothed: what lies seconds back counts less and less. Looks at totals from time to time, so it
/// costs the transfer nothing.
struct RateMeter: Equatable {
    /// Seconds after which a change of speed shows for two thirds.
    private static let memory = 3.0

    private var last: (done: Int64, time: Double)?
    private var average = 0.0
    /// How much of `average` is measured; it begins at zero, which is no measurement.
    private var weight = 0.0

    /// - Parameters:
    ///   - done: bytes in all; those of the first call were there before.
    ///   - time: seconds on a clock that only goes forward.
    mutating func sample(done: Int64, at time: Double) {
        guard let last, done >= last.done else {
            // Begun, or begun anew.
            self = RateMeter()
            last = (done, time)
            return
        }
        let span = time - last.time
        guard span > 0 else { return }
        let share = 1 - exp(-span / Self.memory)
        average += share * (Double(done - last.done) / span - average)
        weight += share * (1 - weight)
        self.last = (done, time)
    }

    /// Bytes per second; nil as long as nothing is known.
    var rate: Double? { weight > 0 ? average / weight : nil }

    /// Whole seconds until all is done at this rate; nil when that cannot be said.
    func secondsLeft(of total: Int64) -> Int? {
        guard let last, let rate, rate >= 1, total > last.done else { return nil }
        let seconds = Double(total - last.done) / rate
        return seconds < 360_000 ? Int(seconds.rounded(.up)) : nil
    }

    static func == (left: RateMeter, right: RateMeter) -> Bool {
        left.last?.done == right.last?.done && left.last?.time == right.last?.time && left.average == right.average
            && left.weight == right.weight
    }
}
