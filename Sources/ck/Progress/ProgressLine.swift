import ContainerEngine

/// One layer in one line of a terminal, as docker shows it:
/// `a1b2c3d4e5f6: Downloading [=====>      ] 12.3MB/45.6MB 31.2MB/s 1s`.
struct ProgressLine {
    private static let barWidths = 8...50
    /// Of a size in three digits: `12.3MB`; and of a time: `59m59s`.
    private static let (sizeWidth, timeWidth) = (6, 6)

    let layer: TransferBoard.Layer

    /// - Parameter width: columns of the terminal. The last one stays free: a line that fills it may wrap.
    func text(width: Int) -> String {
        let room = max(0, width - 1)
        guard let (phase, progress) = layer.current else {
            return String("\(layer.id): \(layer.status ?? "Waiting")".prefix(room))
        }
        let start = "\(layer.id): \(phase.title)"
        // What does not fit goes, the least needed first: the bar gets narrow, then the speed goes, then the bar.
        for tail in [numbers(progress) + speed(progress), numbers(progress)] {
            // A blank, and the brackets around the bar.
            let bar = room - start.count - tail.count - 3
            if bar >= Self.barWidths.lowerBound {
                return "\(start) \(self.bar(progress, width: min(bar, Self.barWidths.upperBound)))\(tail)"
            }
        }
        let short = [start + numbers(progress), "\(layer.id):" + numbers(progress)].first { $0.count <= room }
        // Half a number would be a wrong one.
        return short ?? String("\(layer.id): \(percent(progress))".prefix(room))
    }

    private func bar(_ progress: TransferBoard.Layer.Progress, width: Int) -> String {
        guard progress.total > 0 else { return "[" + String(repeating: " ", count: width) + "]" }
        let share = min(1, max(0, Double(progress.done) / Double(progress.total)))
        let full = Int(share * Double(width))
        let tip = full < width ? ">" : ""
        return "[" + String(repeating: "=", count: full) + tip
            + String(repeating: " ", count: width - full - tip.count) + "]"
    }

    private func numbers(_ progress: TransferBoard.Layer.Progress) -> String {
        let done = " " + HumanUnits.size(progress.done).aligned(right: Self.sizeWidth)
        // A total that was wrong is not worth showing.
        guard progress.total >= progress.done, progress.total > 0 else { return done }
        return done + "/" + HumanUnits.size(progress.total)
    }

    private func percent(_ progress: TransferBoard.Layer.Progress) -> String {
        guard progress.total > 0 else { return "" }
        return "\(Int(min(1, max(0, Double(progress.done) / Double(progress.total))) * 100))%"
    }

    /// The same width from the first figure to the last, so that bars stand still.
    private func speed(_ progress: TransferBoard.Layer.Progress) -> String {
        let padding = String(repeating: " ", count: max(0, Self.sizeWidth - HumanUnits.size(progress.total).count))
        let rateWidth = Self.sizeWidth + 3
        guard !progress.isComplete, let rate = progress.meter.rate else {
            return padding + String(repeating: " ", count: rateWidth + 1 + Self.timeWidth)
        }
        let time = progress.meter.secondsLeft(of: progress.total).map(Self.span) ?? ""
        return padding + (HumanUnits.size(Int64(rate)) + "/s").aligned(right: rateWidth) + " "
            + time.aligned(left: Self.timeWidth)
    }

    /// As Go writes durations: `1s`, `2m5s`, `3h20m`.
    static func span(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m\(seconds % 60)s"
        default: "\(seconds / 3600)h\(seconds / 60 % 60)m"
        }
    }
}

extension TransferEvent.Phase {
    /// As lines show it, one as wide as the other.
    fileprivate var title: String {
        switch self {
        case .downloading: "Downloading"
        case .extracting: "Extracting "
        case .pushing: "Pushing"
        case .loading: "Loading layer"
        }
    }
}

extension String {
    fileprivate func aligned(right width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
    fileprivate func aligned(left width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
