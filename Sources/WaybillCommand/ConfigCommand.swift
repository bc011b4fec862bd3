import ArgumentParser
import Diagnostics
import Foundation

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Say what a service is told, and by whom: its command line, a variable, a file, or nobody.",
    usage: "waybill config [-o <output>] worker|broker|publish [<options of that command>]",
    discussion: """
      An option of worker, broker and publish may also be given by a variable of the environment, WAYBILL_, the command, \
      and the option in capitals, as WAYBILL_WORKER_THREADS; and by a key in the file of --config, as threads: 2. The \
      command line counts before a variable, and a variable before the file. Lists are separated by blanks in a variable, \
      and are lists in the file. Nothing is started.

      Examples:
        waybill config broker
        WAYBILL_WORKER_THREADS=2 waybill config worker --config worker.yaml

      \(CommandError.Code.table([.usage, .badData, .noInput, .noPermission]))
      """)

  @Option(name: .shortAndLong, help: "What to print: table, json or yaml.")
  var output: OutputFormat = .table

  @Argument(parsing: .captureForPassthrough, help: "The command, and its options.")
  var arguments: [String] = []

  func run() throws {
    // The parser leaves it to the command, as all that follows.
    if ["-h", "--help"].contains(arguments.first) { throw CleanExit.helpRequest(Self.self) }
    guard let name = arguments.first, let type = WaybillCommand.services[name] else {
      let names = WaybillCommand.services.keys.sorted().joined(separator: ", ")
      throw CommandError(message: "Name a service: \(names).", code: .usage)
    }
    var settings = ServiceSettings(
      of: name, type, Array(arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
    try settings.readFile()
    let command: any ParsableCommand
    do {
      command = try WaybillCommand.parseAsRoot(settings.arguments)
    } catch {
      throw settings.explained(CommandError(message: WaybillCommand.message(for: error), code: .usage))
    }
    do throws(CommandError) {
      try (command as? any ServiceCommand)?.check()
    } catch {
      throw settings.explained(error)
    }
    try output.write(SettingsReport(settings: settings))
  }
}

/// The settings of a service, as `waybill config` shows them.
private struct SettingsReport: Printable {
  let settings: ServiceSettings

  private var rows: [(setting: ServiceSetting, values: [String], origin: String)] {
    settings.settings.map { setting in
      guard let given = settings.given[setting.key] else {
        return (setting, setting.usual.isEmpty ? [] : [setting.usual], "default")
      }
      switch given.origin {
      case .commandLine: return (setting, given.values, "command line")
      case .variable(let name): return (setting, given.values, name)
      case .file(let path, _): return (setting, given.values, path)
      }
    }
  }

  var table: String {
    var table = TextTable(header: ["KEY", "VALUE", "FROM"])
    for row in rows { table.append([row.setting.key, row.values.joined(separator: " "), row.origin].map(\.escaped)) }
    return table.text
  }

  var document: Document {
    .array(
      rows.map { row in
        .object([
          ("key", .string(row.setting.key)),
          ("variable", .string(row.setting.variable(of: settings.command))),
          ("values", .array(row.values.map { .string($0) })),
          ("from", .string(row.origin)),
          ("default", .string(row.setting.usual)),
          ("help", .string(row.setting.help)),
        ])
      })
  }
}
