import ContainerEngine

/// Shows the events of one transfer. Used by one thread at a time.
protocol TransferDisplay: Sendable {
    /// Milliseconds between two looks.
    var interval: Int32 { get }

    /// - Parameters:
    ///   - events: what came since the last look; often nothing.
    ///   - time: seconds on a clock that only goes forward.
    mutating func show(_ events: [TransferEvent], at time: Double)
    /// The process was stopped, and goes on.
    mutating func resume()
    /// The transfer is over, and its last events have been shown.
    mutating func end(hasSucceeded: Bool)
}

extension TransferDisplay {
    var interval: Int32 { 100 }
    mutating func resume() {}
    mutating func end(hasSucceeded: Bool) {}
}

struct QuietDisplay: TransferDisplay {
    func show(_ events: [TransferEvent], at time: Double) {}
}

/// docker's lines in a pipe: a status each, no progress.
struct PlainDisplay: TransferDisplay {
    let line: @Sendable (String) -> Void
    /// Comes before the first event, when the registry has answered: a name that is not there has an error alone.
    var opening: String?

    mutating func show(_ events: [TransferEvent], at time: Double) {
        if !events.isEmpty { open() }
        for case .layer(let id, let status) in events { line("\(id): \(status)") }
    }

    mutating func end(hasSucceeded: Bool) { if hasSucceeded { open() } }

    private mutating func open() {
        if let opening { line(opening) }
        opening = nil
    }
}

/// A bar per layer, redrawn in place.
struct BarDisplay: TransferDisplay {
    /// Writes text that moves the cursor.
    let write: @Sendable (String) -> Void
    /// Asked for each frame, as it may change at any time.
    let size: @Sendable () -> (rows: UInt16, columns: UInt16)?
    var opening: String?
    private var board = TransferBoard()
    private var painter = FramePainter()
    private var shown = 0

    init(
        opening: String?, write: @escaping @Sendable (String) -> Void,
        size: @escaping @Sendable () -> (rows: UInt16, columns: UInt16)?
    ) {
        self.opening = opening
        self.write = write
        self.size = size
    }

    mutating func show(_ events: [TransferEvent], at time: Double) {
        if !events.isEmpty { open() }
        for event in events { board.apply(event) }
        board.measure(at: time)
        paint()
    }

    mutating func resume() { painter.leave() }

    mutating func end(hasSucceeded: Bool) {
        if hasSucceeded { open() }
        paint(isLast: true)
    }

    private mutating func open() {
        if let opening { write(Quoting.safe(opening) + "\r\n") }
        opening = nil
    }

    private mutating func paint(isLast: Bool = false) {
        let size = size() ?? (24, 80)
        let frame = ProgressFrame(
            board, shown: shown, columns: Int(size.columns), rows: Int(size.rows), isLast: isLast)
        let text = painter.paint(frame, columns: Int(size.columns))
        shown += frame.settled.count
        if !text.isEmpty { write(text) }
    }
}
