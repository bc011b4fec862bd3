/// What a command wrote that had a terminal as its standard error.
struct TerminalSession: Decodable {
  let terminal: String
  let output: String
  let code: Int

  /// Runs a command until it has written `word`, and stops it.
  static func run(_ command: [String], columns: Int, until word: String) async throws -> TerminalSession {
    try await Python.run(
      "terminal.py", "\(columns)", word, with: command, as: TerminalSession.self, within: .seconds(180))
  }
}
