/// docker's tables: columns at least 10 wide and 3 apart, filled with spaces; the last one is not filled.
struct Table {
    private var rows: [[String]]
    private let minimum: Int

    /// - Parameter minimum: how wide a column is at least.
    init(header: [String], minimum: Int = 10) {
        rows = [header]
        self.minimum = minimum
    }

    mutating func add(_ row: [String]) { rows.append(row) }

    var text: String {
        let widths = (0..<(rows[0].count - 1)).map { column in
            max(minimum, (rows.map { Quoting.cells($0[column]) }.max() ?? 0) + 3)
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                guard column < widths.count else { return cell }
                return cell + String(repeating: " ", count: widths[column] - Quoting.cells(cell))
            }.joined()
        }.joined(separator: "\n")
    }
}
