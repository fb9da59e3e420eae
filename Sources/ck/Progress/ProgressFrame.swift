/// What a terminal shows of a transfer at one moment.
struct ProgressFrame: Equatable {
    /// Lines that stay as they are and scroll away.
    var settled: [String] = []
    /// Lines that the next frame paints anew.
    var live: [String] = []

    /// - Parameters:
    ///   - shown: layers that earlier frames settled.
    ///   - isLast: every line is settled.
    init(_ board: TransferBoard, shown: Int, columns: Int, rows: Int, isLast: Bool = false) {
        let rest = board.layers.dropFirst(shown)
        func lines(_ layers: some Sequence<TransferBoard.Layer>) -> [String] {
            layers.map { Quoting.safe(ProgressLine(layer: $0).text(width: columns)) }
        }
        // The cursor stands below the last line.
        let room = max(1, rows - 1)
        guard !isLast, rest.count > room else {
            (settled, live) = isLast ? (lines(rest), []) : ([], lines(rest))
            return
        }
        // Too many: the ones on top that are done scroll away, and the lowest ones wait out of sight. Layers are taken
        // in their order, so what moves is between them.
        let done = min(rest.prefix { $0.isSettled }.count, rest.count - room)
        settled = lines(rest.prefix(done))
        let open = rest.dropFirst(done)
        guard open.count > room else {
            live = lines(open)
            return
        }
        live = lines(open.prefix(room - 1))
        live.append(String("... and \(open.count - room + 1) more layers".prefix(max(0, columns - 1))))
    }
}

extension ProgressFrame {
    init(live: [String]) { self.live = live }
}
