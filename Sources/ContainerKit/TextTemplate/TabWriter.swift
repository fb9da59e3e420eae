/// Go's text/tabwriter as docker sets it: cells end with a tab; a column is at least 10 wide, 3 wider than its widest
/// cell, and filled with spaces. What follows a line's last tab is in no column.
enum TabWriter {
    private static let minimumWidth = 10
    private static let padding = 3

    static func aligned(_ text: String) -> String {
        // A form feed ends a line and all columns.
        split(text, at: "\u{0C}").map(block).joined(separator: "\n")
    }

    private static func block(_ text: String) -> String {
        let lines = split(text, at: "\n").map { line in split(line, at: "\t", or: "\u{0B}") }
        var widths = lines.map { [Int](repeating: 0, count: $0.count - 1) }
        for index in lines.indices {
            // The cells of a column are in lines that follow one another; each run of them has a width of its own.
            let above = index > 0 ? widths[index - 1].count : 0
            for column in widths[index].indices.dropFirst(above) {
                let run = lines[index...].prefix { $0.count - 1 > column }
                let widest = run.map { DisplayWidth.of($0[column]) }.max() ?? 0
                for row in run.indices { widths[row][column] = max(minimumWidth, widest + padding) }
            }
        }
        return zip(lines, widths).map { cells, widths in
            cells.enumerated().map { column, cell in
                guard column < widths.count else { return cell }
                return cell + String(repeating: " ", count: widths[column] - DisplayWidth.of(cell))
            }.joined()
        }.joined(separator: "\n")
    }

    private static func split(
        _ text: String, at mark: Unicode.Scalar, or other: Unicode.Scalar? = nil
    ) -> [String] {
        text.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == mark || $0 == other }.map { String($0) }
    }
}
