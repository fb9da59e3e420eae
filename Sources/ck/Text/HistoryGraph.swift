/// The last values of something as a row of bars, the newest at the right.
struct HistoryGraph {
    private var values: [Double] = []

    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    /// The widest graph there is.
    static let most = 40

    mutating func add(_ value: Double) {
        values.append(value)
        if values.count > Self.most { values.removeFirst() }
    }

    /// - Parameter full: what is as high as a bar can be; what is more makes the others smaller.
    func text(width: Int, full: Double) -> String {
        let shown = values.suffix(width)
        let top = max(full, shown.max() ?? 0)
        let text = shown.map { value -> Character in
            guard value > 0, top > 0 else { return " " }
            return Self.bars[min(Self.bars.count - 1, Int(value / top * Double(Self.bars.count)))]
        }
        return String(repeating: " ", count: width - text.count) + String(text)
    }
}
