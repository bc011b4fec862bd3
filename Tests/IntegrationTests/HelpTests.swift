import Foundation
import Testing

/// What the command says of itself.
@Suite(.fewAtOnce) struct HelpTests {
  private static let commands = [
    "worker", "broker", "publish", "images", "nodes", "locality", "status", "keygen", "config",
  ]

  private func help(_ command: String, columns: Int) async throws -> [Substring] {
    let result = try await Waybill.run([command, "--help"], environment: ["COLUMNS": "\(columns)"])
    #expect(result.exitCode == 0)
    return result.output.split(separator: "\n")
  }

  /// Lists and examples are lines that are copied: they fit a terminal of 80 columns.
  @Test(arguments: commands) func noLineOfAListIsBroken(_ command: String) async throws {
    func text(columns: Int) async throws -> ArraySlice<Substring> {
      try await help(command, columns: columns).prefix { !$0.hasPrefix("USAGE:") }
    }
    let wide = try await text(columns: 200).filter { $0.hasPrefix("  ") }
    let narrow = try await text(columns: 80)
    #expect(!wide.isEmpty && narrow.allSatisfy { $0.count <= 80 })
    for line in wide { #expect(narrow.contains(line), "\(line)") }
  }

  @Test func helpOfNoCommand() async throws {
    let result = try await Waybill.run(["help", "nosuch"])
    #expect(result.exitCode == 64 && result.output.isEmpty)
    #expect(result.errors.hasPrefix("waybill: There is no command \"nosuch\": the commands are worker, broker, "))
    #expect(try await Waybill.run(["help", "images"]).output == Waybill.run(["images", "--help"]).output)
  }

  /// No option of a broker is required.
  @Test func usageOfABroker() async throws {
    #expect(try await help("broker", columns: 80).contains("USAGE: waybill broker [<options>]"))
  }

  /// The table of the README is the one of the command.
  @Test func exitCodes() async throws {
    let readme = try String(contentsOfFile: "\(Repository.root)/README.md", encoding: .utf8)
    var codes: Set<Substring> = []
    for command in Self.commands {
      let lines = try await help(command, columns: 200).drop { $0 != "Exit codes:" }.dropFirst().prefix {
        $0.hasPrefix("  ")
      }
      #expect(!lines.isEmpty, "\(command)")
      for line in lines {
        let row = line.drop { $0 == " " }
        let end = try #require(row.firstRange(of: "  ")?.lowerBound)
        let (code, meaning) = (row[..<end], row[end...].drop { $0 == " " })
        codes.insert(code)
        if code != "0" { #expect(readme.contains("| \(code) | \(meaning) |\n"), "\(line)") }
      }
    }
    let all: Set<Substring> = [
      "0", "1", "2", "64", "65", "66", "69", "70", "71", "73", "74", "77", "129, 130, 143", "141",
    ]
    #expect(codes == all)
  }
}
