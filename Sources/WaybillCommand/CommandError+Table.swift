extension CommandError.Code {
  /// What the code tells a script.
  var meaning: String {
    switch self {
    case .usage: "the command line, an endpoint or NAME is wrong"
    case .badData: "a key, or with --require-sources a store, makes no sense"
    case .noInput: "a key, a folder, or with --require-sources a store, is not there"
    case .unavailable: "nobody answers, or nobody can yet"
    case .software: "a reply makes no sense, or a service did not stop within 4.5 seconds"
    case .system: "the system refuses a socket, or another process has the port"
    case .cannotCreate: "a file is there already, and is not overwritten"
    case .inputOutput: "the output, or a key, cannot be written"
    case .noPermission: "this user may not read a file or use an endpoint, or its key is refused"
    }
  }

  /// Codes for a help text, each on a line of its own.
  static func table(_ codes: [CommandError.Code]) -> String {
    (["Exit codes:"] + ["  0   done"] + codes.map { "  \($0.rawValue)  \($0.meaning)" }).joined(separator: "\n")
  }
}
