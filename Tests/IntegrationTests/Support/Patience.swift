import Glibc

/// How much longer things may take than they should: a machine without KVM does everything at a tenth of the speed
/// (`Scripts/test-vm`).
enum Patience {
    static let factor = getenv("CK_TEST_VM") == nil ? 1 : 6
}

/// As often as it can be in some seconds, at least once and at most a few hundred times: for attacks that have to hit a
/// moment.
func repeatedly(_ seconds: Int, _ body: (Int) throws -> Void) rethrows {
    let end = ContinuousClock.now + .seconds(seconds * Patience.factor)
    for turn in 0..<300 {
        try body(turn)
        if ContinuousClock.now >= end { return }
    }
}
