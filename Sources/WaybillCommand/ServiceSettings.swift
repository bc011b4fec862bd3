import ArgumentParser
import Diagnostics
import Foundation

/// What a service is told by its command line, by variables of the environment and by a file: of two that give a value,
/// the one that is named first counts.
struct ServiceSettings {
  enum Origin {
    case commandLine
    case variable(String)
    case file(String)
  }

  /// A value, and who gave it.
  struct Given {
    let values: [String]
    let origin: Origin
  }

  let command: String
  let settings: [ServiceSetting]
  /// By key.
  private(set) var given: [String: Given] = [:]
  private let written: [String]
  private let configPath: String?

  /// Takes what the command line and variables say.
  ///
  /// - Parameters:
  ///   - command: The name of a service's command.
  ///   - type: The command.
  ///   - written: The command line behind that name.
  ///   - environment: The variables.
  init(of command: String, _ type: any ParsableCommand.Type, _ written: [String], environment: [String: String]) {
    self.command = command
    self.written = written
    settings = ServiceSetting.all(of: type)
    let line = CommandLineWords(written, settings)
    let variable = environment["WAYBILL_\(command.uppercased())_CONFIG"] ?? ""
    configPath = line.config ?? (variable.isEmpty ? nil : variable)
    for setting in settings {
      if let values = line.values[setting.key] {
        given[setting.key] = Given(values: values, origin: .commandLine)
      } else if let text = environment[setting.variable(of: command)], !text.isEmpty {
        let values = setting.kind == .list ? text.split(whereSeparator: \.isWhitespace).map(String.init) : [text]
        given[setting.key] = Given(values: values, origin: .variable(setting.variable(of: command)))
      }
    }
  }

  /// Takes what the file says, if there is one, where nobody else says anything.
  ///
  /// - Throws: ``CommandError`` where it cannot be read or makes no sense, and for a variable of an option without a value
  ///   that says neither true nor false.
  mutating func readFile() throws(CommandError) {
    for setting in settings where setting.kind == .flag {
      guard let given = given[setting.key], case .variable(let name) = given.origin else { continue }
      guard ["true", "false"].contains(given.values[0]) else {
        throw CommandError(message: "\(name) is true or false, not \(given.values[0].quotedAsJSON)", code: .usage)
      }
    }
    guard let configPath else { return }
    for (key, values) in try SettingsFile(configPath, settings).values where given[key] == nil {
      given[key] = Given(values: values, origin: .file(configPath))
    }
  }

  /// Whether the log is JSON, as far as is known.
  var logsJSON: Bool { given["log-format"]?.values == ["json"] }

  /// What the parser is to parse: the command line, and what others give.
  var arguments: [String] {
    let others = settings.flatMap { setting -> [String] in
      guard let given = given[setting.key], given.origin != .commandLine else { return [] }
      return setting.arguments(for: given.values)
    }
    // Options first: what follows a `--` is none.
    return [command] + others + written
  }

  /// A message of the parser, with the names of those who gave the values.
  func explained(_ message: String) -> String {
    // What follows the first line is the parser's help, which is of the command line.
    let end = message.firstIndex(of: "\n") ?? message.endIndex
    var text = String(message[..<end])
    for setting in settings {
      guard let name = given[setting.key]?.origin.name(of: setting.key) else { continue }
      for range in text.ranges(of: "--\(setting.key)").reversed() {
        // The name of another option may begin with this one's.
        let next = text[range.upperBound...].first
        if next != "-", next?.isLetter != true { text.replaceSubrange(range, with: name) }
      }
    }
    return text + message[end...]
  }
}

extension ServiceSettings.Origin: Equatable {
  /// What a message calls a value of another origin than the command line.
  func name(of key: String) -> String? {
    switch self {
    case .commandLine: nil
    case .variable(let name): name
    case .file(let path): "\(key) in \(path)"
    }
  }
}

/// Which options a command line has. What is wrong with it is the parser's to say.
private struct CommandLineWords {
  private(set) var values: [String: [String]] = [:]
  private(set) var config: String?

  init(_ words: [String], _ settings: [ServiceSetting]) {
    var rest = words[...]
    var areOptionsOver = false
    while let word = rest.popFirst() {
      guard !areOptionsOver, word.hasPrefix("--") else {
        if areOptionsOver || !word.hasPrefix("-"), let positional = settings.first(where: \.isPositional) {
          values[positional.key, default: []].append(word)
        }
        continue
      }
      areOptionsOver = word == "--"
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
        String.init)
      let setting = settings.first { $0.key == parts[0] && !$0.isPositional }
      if setting?.kind == .flag {
        values[parts[0]] = ["true"]
      } else if setting != nil || parts[0] == ServiceSetting.configOption {
        guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else { return }
        if setting == nil { config = value } else { values[parts[0], default: []].append(value) }
      }
    }
  }
}
