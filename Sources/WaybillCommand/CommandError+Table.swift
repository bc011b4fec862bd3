extension CommandError.Code {
  /// What the code tells a script.
  var meaning: String {
    switch self {
    case .usage: "the command line, an endpoint or NAME is wrong"
    case .badData: "a key, a file, or with --require-sources a store, makes no sense"
    case .noInput: "a key, a file, a node, or with --require-sources a store, is not there"
    case .unavailable: "nobody answers, or nobody can yet"
    case .software: "a reply makes no sense, or a service did not stop within 4.5 seconds"
    case .system: "the system refuses a socket, or another process has the port"
    case .cannotCreate: "a file is there already, or another publisher has the node"
    case .inputOutput: "the output, or a key, cannot be written"
    case .noPermission: "this user may not read a file or use an endpoint, or its key is refused"
    }
  }

  /// Codes for a help text, each on a line of its own.
  ///
  /// - Parameters:
  ///   - codes: What the command may end with of its own will.
  ///   - answers: What it may end with besides, which says something about the answer.
  /// - Returns: The lines, under a heading.
  static func table(_ codes: [CommandError.Code], answers: [(codes: String, meaning: String)] = []) -> String {
    let rows = [("0", "done")] + answers + codes.map { ("\($0.rawValue)", $0.meaning) } + ends
    return (["Exit codes:"] + rows.map { "  \($0)  \($1)" }).joined(separator: "\n")
  }

  /// What ends a command from outside.
  private static let ends = [
    ("129, 130, 143", "a second SIGHUP, SIGINT or SIGTERM; of a client the first"),
    ("141", "nobody reads the output any more"),
  ]
}
