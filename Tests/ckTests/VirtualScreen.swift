/// As much of a terminal as progress needs: what was written, where it would stand. What is scrolled out on top is kept.
struct VirtualScreen {
    private(set) var lines: [String] = [""]
    let rows: Int
    let columns: Int
    private var row = 0
    private var column = 0

    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }

    /// Lines wrapped by the terminal, which must not happen.
    private(set) var wraps = 0

    var text: [String] { lines.map { $0.trimmingBlanks }.dropLastBlank }

    mutating func write(_ text: String) {
        var rest = Array(text.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\r": column = 0
            case "\n": moveDown()
            case "\u{1b}": control(&rest)
            default: put(scalar)
            }
        }
    }

    private mutating func moveDown() {
        row += 1
        if row == lines.count { lines.append("") }
    }

    private mutating func put(_ scalar: Unicode.Scalar) {
        if column == columns {
            wraps += 1
            column = 0
            moveDown()
        }
        var cells = Array(lines[row])
        while cells.count <= column { cells.append(" ") }
        cells[column] = Character(scalar)
        lines[row] = String(cells)
        column += 1
    }

    private mutating func control(_ rest: inout ArraySlice<Unicode.Scalar>) {
        precondition(rest.popFirst() == "[")
        var number = ""
        while let scalar = rest.popFirst() {
            switch scalar {
            case "0"..."9": number.unicodeScalars.append(scalar)
            case "A":
                // Not beyond the top of what is visible.
                row = max(max(0, lines.count - rows), row - (Int(number) ?? 1))
                return
            case "K":
                lines[row] = String(lines[row].prefix(column))
                return
            case "J":
                lines[row] = String(lines[row].prefix(column))
                lines.removeSubrange((row + 1)...)
                return
            default: preconditionFailure("unknown control \(scalar)")
            }
        }
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

extension [String] {
    fileprivate var dropLastBlank: [String] { last == "" ? Array(dropLast()) : self }
}
