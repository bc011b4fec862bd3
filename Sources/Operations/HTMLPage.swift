/// A page for people who would rather look: headings, facts and tables, without scripts and without other files.
package struct HTMLPage {
  private let title: String
  private var body = ""

  package init(title: String) {
    self.title = title
  }

  package mutating func heading(_ text: String) {
    body += "<h2>\(Self.escaped(text))</h2>\n"
  }

  package mutating func paragraph(_ text: String, isWarning: Bool = false) {
    body += "<p\(isWarning ? " class=\"warning\"" : "")>\(Self.escaped(text))</p>\n"
  }

  /// Names and what they are.
  package mutating func facts(_ facts: [(name: String, value: String)]) {
    body += "<dl>\n"
    for fact in facts { body += "<dt>\(Self.escaped(fact.name))</dt><dd>\(Self.escaped(fact.value))</dd>\n" }
    body += "</dl>\n"
  }

  package mutating func table(_ header: [String], _ rows: [[String]]) {
    // A wide table scrolls by itself, and the page stays as wide as the window.
    body += "<div class=\"table\"><table>\n<thead><tr>"
    let classes = header.indices.map { column in
      rows.allSatisfy { Int($0[column]) != nil } ? " class=\"number\"" : ""
    }
    for (cell, kind) in zip(header, classes) { body += "<th scope=\"col\"\(kind)>\(Self.escaped(cell))</th>" }
    body += "</tr></thead>\n<tbody>\n"
    for row in rows {
      body += "<tr>\(zip(row, classes).map { "<td\($1)>\(Self.escaped($0))</td>" }.joined())</tr>\n"
    }
    body += "</tbody></table></div>\n"
  }

  package var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(Self.escaped(title))</title>
    <style>\(Self.style)</style>
    </head>
    <body>
    <h1>\(Self.escaped(title))</h1>
    \(body)</body>
    </html>

    """
  }

  private static let style = """
    :root { color-scheme: light dark; }
    body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 0 1rem 2rem; }
    h1, h2, p, dd, td { overflow-wrap: break-word; }
    h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
    dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1rem; }
    dt { opacity: .7; } dd { margin: 0; }
    .table { overflow-x: auto; } table { border-collapse: collapse; width: max-content; }
    th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .25rem 1.2rem .25rem 0; text-align: left; vertical-align: top; }
    th { white-space: nowrap; } td { max-width: min(26rem, 60vw); }
    .number { text-align: right; font-variant-numeric: tabular-nums; }
    .warning { background: color-mix(in srgb, #c60 15%, transparent); border-left: .3rem solid #c60; padding: .4rem .7rem; }
    """

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
  }
}
