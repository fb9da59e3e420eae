/// docker's tables: columns at least 10 wide and 3 apart, filled with spaces; the last one is not filled.
struct Table {
    private var rows: [[String]]

    init(header: [String]) { rows = [header] }

    mutating func add(_ row: [String]) { rows.append(row) }

    var text: String {
        let widths = (0..<(rows[0].count - 1)).map { column in
            max(10, (rows.map { $0[column].count }.max() ?? 0) + 3)
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column < widths.count ? cell + String(repeating: " ", count: widths[column] - cell.count) : cell
            }.joined()
        }.joined(separator: "\n")
    }
}
