import ArgumentParser
import Foundation

/// An option of a service, which a variable of the environment and a file may give, too. The option itself is the only
/// place where its name, its default and its meaning are written.
struct ServiceSetting {
  enum Kind {
    /// One value.
    case value
    /// Several values: a list in a file, and separated by blanks in a variable.
    case list
    /// Given or not: `true` or `false`.
    case flag
  }

  /// The key in a file; with two hyphens before it the option, unless it is ``isPositional``.
  let key: String
  let kind: Kind
  let isPositional: Bool
  /// What it is when nobody gives it; empty where that is nothing.
  let usual: String
  let help: String

  /// The variable of the environment. It has the command in its name, as a container that serves also asks: by
  /// `WAYBILL_CURVE_KEY`, which is a client's.
  func variable(of command: String) -> String {
    "WAYBILL_\(command)_\(key)".uppercased().replacing("-", with: "_")
  }

  /// What the parser is given for values.
  func arguments(for values: [String]) -> [String] {
    switch kind {
    case .flag: values == ["true"] ? ["--\(key)"] : []
    case .value, .list: isPositional ? values : values.map { "--\(key)=\($0)" }
    }
  }
}

extension ServiceSetting {
  /// The settings of a command, in the order of its help.
  static func all(of command: any ParsableCommand.Type) -> [ServiceSetting] {
    // What the parser itself says of a command, which is also what makes its manual.
    struct Help: Decodable {
      struct Command: Decodable { let arguments: [Argument]? }
      struct Argument: Decodable {
        struct Name: Decodable { let name: String }
        let kind: String
        let preferredName: Name?
        let valueName: String?
        let isRepeating: Bool
        let defaultValue: String?
        let abstract: String?
      }
      let command: Command
    }
    guard let help = try? JSONDecoder().decode(Help.self, from: Data(command._dumpHelp().utf8)) else { return [] }
    return (help.command.arguments ?? []).compactMap { argument in
      let isPositional = argument.kind == "positional"
      let text = argument.abstract ?? ""
      // A positional argument is shown in the singular.
      let name = isPositional ? argument.valueName.map { $0 + "s" } : argument.preferredName?.name
      guard let key = name, !["help", "version", configOption].contains(key) else { return nil }
      let told = text.firstMatch(of: /\s*\(default: (?<usual>.*)\)$/.dotMatchesNewlines())
      return ServiceSetting(
        key: key, kind: argument.kind == "flag" ? .flag : argument.isRepeating ? .list : .value,
        isPositional: isPositional,
        usual: argument.defaultValue ?? told.map { String($0.usual) } ?? (argument.kind == "flag" ? "false" : ""),
        help: told.map { String(text[..<$0.range.lowerBound]) } ?? text)
    }
  }

  static let configOption = "config"
}
