import Foundation
import Testing

/// Clients that send what none should.
@Suite(.fewAtOnce) struct HostileTests {
  private let sample = "oci:\(Repository.sampleLayout)"

  /// What a client sends, as the script calls it, and what it gets.
  static let cases = [
    ("empty", "INVALID_ARGUMENT"),
    ("two parts", "INVALID_ARGUMENT"),
    ("many parts", "INVALID_ARGUMENT"),
    ("many empty parts", "INVALID_ARGUMENT"),
    ("longer than a request", "RESOURCE_EXHAUSTED"),
    ("as long as the transport allows", "RESOURCE_EXHAUSTED"),
    ("longer than the transport allows", "cut"),
    ("far longer", "cut"),
    ("no delimiter", "ignored"),
    ("only a delimiter", "ignored"),
    ("an envelope", "answered"),
    ("two empty parts", "INVALID_ARGUMENT"),
    ("rubbish", "closed"),
    ("zeros", "open"),
    ("http", "open"),
    ("half a greeting", "open"),
    ("nothing", "open"),
    ("a frame of 2^63 bytes", "closed"),
    ("a frame of 1 GiB", "closed"),
    ("a frame that never ends", "open"),
    ("an unknown command", "closed"),
  ]

  @Test(arguments: cases)
  func theNextClientIsServed(after case: String, _ outcome: String) async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      #expect(try await Python.run("hostile.py", worker.endpoint, `case`, as: String.self) == outcome)
      #expect(!worker.process.hasEnded)
      #expect(worker.process.errors.lines.count == 2, "\(worker.process.errors.text)")
    }
  }

  private struct Flood: Decodable {
    let replies: Int
    let codes: [String: Int]
    let before: Int
    let after: Int
    let seconds: Double
  }

  @Test func everyOneOfAHundredThousandWrongRequestsIsAnswered() async throws {
    let count = 100_000
    try await withWorker(serving: sample) { (worker) async throws in
      let flood = try await Python.run(
        "garbage.py", worker.endpoint, "\(worker.process.pid)", "\(count)", as: Flood.self, within: .seconds(120))
      print(
        "\(count) wrong requests, \(flood.replies) errors in \(flood.seconds) s: \(flood.codes); memory in use \(flood.before) kB before, \(flood.after) kB after"
      )
      #expect(flood.replies == count)
      #expect(flood.after - flood.before < 8 * 1_024)
      #expect(try await worker.ids().count == 6)
    }
  }
}
