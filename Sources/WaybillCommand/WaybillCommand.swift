import ArgumentParser
import Diagnostics
import Foundation
import WaybillServer

@main
struct WaybillCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waybill",
    abstract: "Which container images are here, and on which nodes? Workers that answer, and their client.",
    version: version,
    subcommands: [
      WorkerCommand.self, BrokerCommand.self, PublishCommand.self, ImagesCommand.self, NodesCommand.self,
      LocalityCommand.self, StatusCommand.self, KeygenCommand.self, ConfigCommand.self,
    ])

  /// The commands that serve, by name.
  static let services: [String: any ServiceCommand.Type] = [
    "worker": WorkerCommand.self, "broker": BrokerCommand.self, "publish": PublishCommand.self,
  ]

  private static var version: String {
    "\(WaybillServer.version) \(traits.isEmpty ? "without" : "with") gRPC\(commit.isEmpty ? "" : ", commit \(commit)")"
  }

  /// The package traits of this program.
  static var traits: String {
    #if GRPC
      "GRPC"
    #else
      ""
    #endif
  }

  /// Writes what was asked for by --help, --version and the like, and ends.
  private static func answer(_ text: String) -> Never {
    do throws(CommandError) {
      try StandardOutput.write("\(text)\n")
    } catch {
      error.exit()
    }
    exit()
  }

  /// Says what is wrong with the command line, if anything is, and ends.
  private static func refuse(_ error: any Error, _ settings: ServiceSettings?) -> Never {
    let text = fullMessage(for: error)
    if !text.isEmpty {
      let begin = text.hasPrefix(argumentParserPrefix) ? argumentParserPrefix.count : 0
      let refusal = CommandError(message: String(text.dropFirst(begin)), code: .usage)
      (settings?.explained(refusal) ?? refusal).exit()
    }
    exit(withError: exitCode(for: error))
  }

  /// What a service is told; nil for a command that is none.
  private static func settings() -> ServiceSettings? {
    let words = CommandLine.arguments.dropFirst()
    guard let name = words.first, let type = services[name] else { return nil }
    return ServiceSettings(
      of: name, type, Array(words.dropFirst()), environment: ProcessInfo.processInfo.environment)
  }

  /// The parser gives the help of waybill itself for a command that does not exist.
  private static func checkHelpIsThere() throws {
    let words = CommandLine.arguments.dropFirst()
    guard words.first == "help", let name = words.dropFirst().first, !name.hasPrefix("-") else { return }
    let names = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    guard names.contains(name) else {
      throw ValidationError("There is no command \(quoted(name)): the commands are \(names.joined(separator: ", ")).")
    }
  }

  /// What stands before an error of a command line, where others begin with the name of the command.
  private static let argumentParserPrefix = "Error: "

  static func main() async {
    StandardStreams.reserve()
    var settings: ServiceSettings?
    do {
      try checkHelpIsThere()
      settings = Self.settings()
      StandardError.become(logOf: settings)
      try settings?.readFile()
      StandardError.become(logOf: settings)
      var command = try parseAsRoot(settings?.arguments)
      try (command as? any ServiceCommand)?.check()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as CommandError {
      (settings?.explained(failure) ?? failure).exit()
    } catch let error where exitCode(for: error).isSuccess {
      answer(fullMessage(for: error))
    } catch {
      refuse(error, settings)
    }
  }
}
