import ArgumentParser
import Diagnostics
import Foundation

/// What a service is told by its command line, by variables of the environment and by a file: of two that give a value,
/// the one that is named first counts.
struct ServiceSettings {
  enum Origin {
    case commandLine
    case variable(String)
    case file(String, line: Int)
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
    for (key, entry) in try SettingsFile(configPath, settings).entries where given[key] == nil {
      given[key] = Given(values: entry.values, origin: .file(configPath, line: entry.line))
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

  /// An error, with the names of those who gave the values that it is about.
  ///
  /// Of a value that the command line does not give it is one line: what follows is the parser's help with the command line.
  func explained(_ error: CommandError) -> CommandError {
    let end = error.message.firstIndex(of: "\n") ?? error.message.endIndex
    var line = String(error.message[..<end])
    var origins: [Origin] = []
    for setting in settings {
      guard let origin = given[setting.key]?.origin, let name = origin.name(of: setting.key) else { continue }
      for range in line.ranges(of: "--\(setting.key)").reversed() {
        // The name of another option may begin with this one's.
        let next = line[range.upperBound...].first
        guard next != "-", next?.isLetter != true else { continue }
        // The parser names what stands for the value, too.
        let shown = line[range.lowerBound...].prefixMatch(of: /--[a-z-]+(?: <[a-z-]+>)?/)?.range ?? range
        line.replaceSubrange(shown, with: name)
        origins.append(origin)
      }
    }
    if let key = error.setting, let origin = given[key]?.origin, let name = origin.name(of: key) {
      line = "\(name): \(line)"
      origins.append(origin)
    }
    guard !origins.isEmpty else { return error }
    let isOfFile = origins.contains { if case .file = $0 { true } else { false } }
    return CommandError(message: line, code: isOfFile && error.code == .usage ? .badData : error.code)
  }
}

extension ServiceSettings.Origin: Equatable {
  /// What a message calls a value of another origin than the command line.
  func name(of key: String) -> String? {
    switch self {
    case .commandLine: nil
    case .variable(let name): name
    case .file(let path, let line): "\(key) in line \(line) of \(path.escaped)"
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
