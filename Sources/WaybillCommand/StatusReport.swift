import Diagnostics
import Foundation
import ImageAPI

/// A worker's status as `waybill status` shows it.
struct StatusReport: Printable {
  let status: WorkerStatus

  var table: String {
    let lines = [
      "node      \(status.node.escaped)",
      "instance  \(status.instance.escaped)",
      "version   \(status.version.escaped)",
      "uptime    \(Duration.text(ofSeconds: status.uptime))",
      "ready     \(status.isReady ? "yes" : "no")",
      "images    \(status.images)",
      "etag      \(status.isReady ? status.etag.escaped : "none yet")",
      "requests  \(status.requests.answered)",
      "errors    \(status.requests.errors)",
      "replies   \(ImageListing.humanSize(status.requests.replyBytes))",
      "",
    ]
    return lines.map { $0 + "\n" }.joined() + Self.table(of: status.sources)
  }

  static let sourceHeader = ["source", "state", "images", "left out", "passed over", "absent", "read"]

  static func row(of source: SourceStatus) -> [String] {
    [
      source.name.escaped, source.state.rawValue, String(source.images), String(source.leftOutCount),
      String(source.passedOver), String(source.absent),
      source.age.map { "\(Duration.text(ofSeconds: $0)) ago" } ?? "never",
    ]
  }

  /// The states of sources, and below them what is wrong.
  static func table(of sources: [SourceStatus]) -> String {
    var table = TextTable(header: sourceHeader.map { $0.uppercased() })
    for source in sources { table.append(row(of: source)) }
    var text = table.text
    for source in sources {
      if !source.runtime.isEmpty { text += "\(source.name): \(source.runtime)".escaped + "\n" }
      if !source.lastError.isEmpty { text += "\(source.name): \(source.lastError)".escaped + "\n" }
      for image in source.leftOut {
        text += "\(source.name): left out \(image.image): \(image.path): \(image.reason)".escaped + "\n"
      }
      let unnamed = source.leftOutCount - source.leftOut.count
      if unnamed > 0 { text += "\(source.name): left out \(unnamed) more".escaped + "\n" }
    }
    return text
  }

  var document: Document {
    .object([
      ("node", .string(status.node)),
      ("instance", .string(status.instance)),
      ("version", .string(status.version)),
      ("uptime", .integer(Int(clamping: status.uptime))),
      ("ready", .bool(status.isReady)),
      ("images", .integer(status.images)),
      ("etag", .string(status.etag)),
      (
        "requests",
        .object([
          ("answered", .integer(Int(clamping: status.requests.answered))),
          ("errors", .integer(Int(clamping: status.requests.errors))),
          ("replyBytes", .integer(Int(clamping: status.requests.replyBytes))),
        ])
      ),
      ("sources", .array(status.sources.map(Self.document(of:)))),
    ])
  }

  static func document(of source: SourceStatus) -> Document {
    .object([
      ("name", .string(source.name)),
      ("state", .string(source.state.rawValue)),
      ("runtime", .string(source.runtime)),
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
      ("passedOver", .integer(source.passedOver)),
      ("absent", .integer(source.absent)),
      ("age", source.age.map { .integer(Int(clamping: $0)) } ?? .null),
      ("lastError", .string(source.lastError)),
    ])
  }
}
