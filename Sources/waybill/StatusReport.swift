import Foundation
import ImageAPI

/// A worker's status as `waybill status` shows it.
struct StatusReport: Printable {
  let status: WorkerStatus

  var table: String {
    var lines = [
      "version   \(status.version.shown)",
      "uptime    \(Self.duration(status.uptime))",
      "ready     \(status.isReady ? "yes" : "no")",
      "images    \(status.images)",
      "etag      \(status.etag.shown)",
      "",
    ]
    var sources = TextTable(header: ["SOURCE", "STATE", "IMAGES", "LEFT OUT", "READ"])
    for source in status.sources {
      sources.append([
        source.name.shown, source.state.rawValue, String(source.images), String(source.leftOutCount),
        source.age.map { "\(Self.duration($0)) ago" } ?? "never",
      ])
    }
    lines.append(sources.text)
    for source in status.sources {
      if !source.lastError.isEmpty { lines.append("\(source.name): \(source.lastError)".shown + "\n") }
      for image in source.leftOut {
        lines.append("\(source.name): left out \(image.image): \(image.path): \(image.reason)".shown + "\n")
      }
      let unnamed = source.leftOutCount - source.leftOut.count
      if unnamed > 0 { lines.append("\(source.name): left out \(unnamed) more".shown + "\n") }
    }
    return lines.prefix(6).joined(separator: "\n") + "\n" + lines.dropFirst(6).joined()
  }

  private static func duration(_ seconds: UInt64) -> String {
    let units: [(UInt64, String)] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")]
    let first = units.firstIndex { seconds >= $0.0 } ?? units.count - 1
    let parts = units[first...].prefix(2).enumerated().map { index, unit in
      let whole = index == 0 ? seconds : seconds % units[first].0
      return "\(whole / unit.0)\(unit.1)"
    }
    return parts.joined()
  }

  var document: Document {
    .object([
      ("version", .string(status.version)),
      ("uptime", .integer(Int(clamping: status.uptime))),
      ("ready", .bool(status.isReady)),
      ("images", .integer(status.images)),
      ("etag", .string(status.etag)),
      ("sources", .array(status.sources.map(Self.document(of:)))),
    ])
  }

  private static func document(of source: SourceStatus) -> Document {
    .object([
      ("name", .string(source.name)),
      ("state", .string(source.state.rawValue)),
      ("images", .integer(source.images)),
      ("leftOutCount", .integer(source.leftOutCount)),
      (
        "leftOut",
        .array(
          source.leftOut.map { image in
            .object([
              ("image", .string(image.image)), ("path", .string(image.path)), ("reason", .string(image.reason)),
            ])
          })
      ),
      ("age", source.age.map { .integer(Int(clamping: $0)) } ?? .null),
      ("lastError", .string(source.lastError)),
    ])
  }
}
