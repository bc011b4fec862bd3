/// Rows of text in columns that line up, as crictl prints them: at least twenty characters wide, three between.
struct TextTable {
  private var rows: [[String]]

  init(header: [String]) {
    rows = [header]
  }

  mutating func append(_ row: [String]) {
    rows.append(row)
  }

  var text: String {
    var widths = Array(repeating: 20, count: rows[0].count)
    for row in rows {
      for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count + 3) }
    }
    return rows.map { row in
      let cells = row.dropLast().enumerated().map { column, cell in
        cell + String(repeating: " ", count: widths[column] - cell.count)
      }
      return cells.joined() + (row.last ?? "") + "\n"
    }.joined()
  }
}
