/// Paints frames over each other with the cursor movements that every terminal knows. Between frames the cursor stands
/// at the beginning of the line below, so whatever ends the process leaves a clean terminal.
struct FramePainter {
    private static let clearLine = "\u{1b}[K"
    private static let clearBelow = "\u{1b}[J"

    private var live: [String] = []
    private var columns = 0

    /// - Returns: what is to be written; nothing when the frame looks like the one before.
    mutating func paint(_ frame: ProgressFrame, columns: Int) -> String {
        let isNarrower = columns < self.columns
        let lines = frame.settled + frame.live
        if frame.settled.isEmpty, lines == live, !isNarrower { return "" }
        var text = rewind(columns)
        for (index, line) in lines.enumerated() {
            // Over a slow line, what has not changed need not be sent again.
            let isThere = !isNarrower && index < live.count && live[index] == line
            text += isThere ? "\r\n" : line + Self.clearLine + "\r\n"
        }
        // Lines that are gone, and what was typed meanwhile.
        text += Self.clearBelow
        live = frame.live
        self.columns = columns
        return text
    }

    /// To the first of the lines that are painted anew.
    private func rewind(_ columns: Int) -> String {
        guard !live.isEmpty else { return "\r" }
        // A terminal that has become narrower has wrapped them.
        let rows = live.reduce(0) { $0 + max(1, ($1.count + columns - 1) / max(1, columns)) }
        return "\r\u{1b}[\(rows)A" + (columns < self.columns ? Self.clearBelow : "")
    }

    /// Something else was written: the next frame begins below it.
    mutating func leave() { live = [] }
}
