import Foundation
import Operations
import Testing

/// What a service answers over HTTP.
struct Admin {
  /// Where it answers.
  let address: String

  /// Waits until a process that was started with `--admin 127.0.0.1:0` answers.
  init(of process: ChildProcess) async throws {
    func line() -> Substring? { process.errors.lines.first { $0.hasSuffix(" answering HTTP") } }
    let isUp = try await eventually { process.hasEnded || line() != nil }
    try #require(isUp && !process.hasEnded, "no HTTP: \(process.errors.text)")
    let word = line()?.split(separator: " ").first { $0.hasPrefix("address=") }
    address = String(try #require(word).dropFirst("address=".count))
  }

  static let options = ["--admin", "127.0.0.1:0"]

  func get(_ path: String) throws -> (status: Int, body: String) {
    let port = String(address.split(separator: ":").last ?? "")
    return try HTTPClient.get(path, from: "127.0.0.1", port: port, waitingAtMost: 10)
  }

  func metrics() throws -> Metrics { Metrics(try get("/metrics").body) }

  /// Metrics in Prometheus' text format.
  struct Metrics {
    struct Family: Hashable {
      let name: String
      let kind: String
      let help: String
    }

    let text: String
    private(set) var families: Set<Family> = []
    private(set) var samples: [String: Double] = [:]

    init(_ text: String) {
      self.text = text
      var help: [Substring: Substring] = [:]
      for line in text.split(separator: "\n") {
        let words = line.split(separator: " ", maxSplits: 3)
        if words[1] == "HELP" {
          help[words[2]] = words[3]
        } else if words[1] == "TYPE" {
          families.insert(Family(name: String(words[2]), kind: String(words[3]), help: String(help[words[2]] ?? "")))
        } else if let end = line.lastIndex(of: " ") {
          samples[String(line[..<end])] = Double(line[line.index(after: end)...])
        }
      }
    }

    /// A sample by its name and labels, as the text has them; 0 for none.
    subscript(sample: String) -> Double { samples[sample] ?? 0 }
  }
}
