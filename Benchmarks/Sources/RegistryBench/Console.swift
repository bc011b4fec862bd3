import Foundation

/// Takes commands from standard input, one a line, and answers each with a line of JSON on standard output.
struct Console {
  private let changes: Changes

  init(_ changes: Changes) {
    self.changes = changes
  }

  /// Answers until standard input ends, or until a command that makes no sense.
  func run() throws {
    var changes = changes
    while let line = readLine() {
      let words = line.split(separator: " ")
      let numbers = words.dropFirst().compactMap { Int($0) }.filter { $0 > 0 }
      let begun = ContinuousClock.now
      let times: [Duration]
      switch (words.first, numbers.count, words.count) {
      case ("change", 1, 2): times = (0..<numbers[0]).map { _ in changes.applyOne() }
      case ("change", 2, 3): times = changes.apply(numbers[0], perSecond: numbers[1])
      case ("first-list", 1, 2): times = try (0..<numbers[0]).map { _ in try changes.applyOneAndList() }
      default: throw CocoaError(.formatting, userInfo: [NSLocalizedDescriptionKey: "no command: \(line)"])
      }
      answer(times, took: begun.duration(to: .now))
    }
  }

  private func answer(_ times: [Duration], took whole: Duration) {
    let sorted = times.map { $0 / .microseconds(1) }.sorted()
    func percentile(_ share: Double) -> Double { sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] }
    print(
      """
      {"count": \(sorted.count), "seconds": \(whole / .seconds(1)), "p50_us": \(percentile(0.5)), "p90_us": \(percentile(0.9)), \
      "p99_us": \(percentile(0.99)), "max_us": \(percentile(1))}
      """)
    fflush(nil)
  }
}
