import ArgumentParser
import ImageAPI
import WaybillClient

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Say what a worker serves, and how its sources fare.",
    discussion: """
      Exit codes: 0 the worker is ready, 69 it is not ready yet or nobody answers; otherwise as those of images.
      """)

  @Option(name: .shortAndLong, help: "What to print: table, json or yaml.")
  var output: OutputFormat = .table

  @OptionGroup var options: ClientOptions

  func run() async throws {
    let client = try options.client()
    let report: StatusReport
    do throws(ClientError) {
      report = StatusReport(status: try await client.status())
    } catch {
      throw CommandError(error)
    }
    try output.write(report)
    guard report.status.isReady else { throw ExitCode(CommandError.Code.unavailable.rawValue) }
  }
}
