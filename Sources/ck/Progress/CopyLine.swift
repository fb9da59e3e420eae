import Glibc

/// The one line that tells how far a copy has come, painted over itself on standard error.
final class CopyLine {
    private let header: String
    private let isShown = isatty(2) == 1
    private var next = ContinuousClock.now
    private var isPainted = false

    init(_ header: String) { self.header = header }

    func show(_ bytes: Int64) {
        guard isShown, ContinuousClock.now >= next else { return }
        next = .now + .milliseconds(100)
        isPainted = true
        Console.writeAll(Array("\r\(header)\(HumanUnits.size(bytes))\u{1b}[K".utf8)[...], to: 2)
    }

    func clear() {
        if isPainted { Console.writeAll(Array("\r\u{1b}[K".utf8)[...], to: 2) }
        isPainted = false
    }
}
