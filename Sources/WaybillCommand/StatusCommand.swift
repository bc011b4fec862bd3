import ArgumentParser
import ImageAPI
import WaybillClient

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Say what a worker serves, and how its sources fare.",
    discussion: """
      Through a broker, one worker of the pool answers, and says which it is. With --admin the service itself is asked, \
      at the address of its own --admin: a broker with its workers and queue, a worker, or a publisher.

      With --live it only asks whether somebody answers, ready or not, and prints nothing. With --check the exit code \
      is one for monitoring: 0 all is current, 1 a source is stale or an image is left out, 2 the worker is not ready or \
      nobody answers; any other is of a command that could not ask.

      \(CommandError.Code.table([.usage, .badData, .noInput, .unavailable, .software, .system, .inputOutput, .noPermission], answers: checks))
      """)

  private static let checks = [
    ("1", "of --check: a source is stale or an image is left out"),
    ("2", "of --check: the worker is not ready or nobody answers"),
  ]

  @Flag(help: "What to say by the exit code: whether the worker is ready, or what --live and --check say.")
  var purpose: Purpose = .readiness

  enum Purpose: EnumerableFlag {
    case readiness, live, check
  }

  @Option(name: .shortAndLong, help: "What to print: table, json or yaml.")
  var output: OutputFormat = .table

  @Option(help: "Ask a worker, a broker or a publisher over HTTP instead, at the HOST:PORT of its own --admin.")
  var admin: String?

  @OptionGroup var options: ClientOptions

  func validate() throws {
    guard admin == nil || purpose == .readiness else {
      throw ValidationError("--live and --check ask the way that clients ask, and --admin does not.")
    }
    guard admin == nil || options.endpoint.isEmpty else {
      throw ValidationError("It is either --admin or --endpoint.")
    }
  }

  func run() async throws {
    if let admin { return try await WatchedService(admin, waitingAtMost: options.timeout).write(as: output) }
    let client = try options.client()
    let status: WorkerStatus
    do throws(ClientError) {
      status = try await WaitNotice.whileAsking(client) { () async throws(ClientError) in try await client.status() }
    } catch {
      // An error is an answer.
      if purpose == .live, error.reply != nil { return }
      let failure = CommandError(error)
      guard purpose == .check else { throw failure }
      failure.report()
      throw ExitCode(Health.critical.rawValue)
    }
    if purpose == .live { return }
    try output.write(StatusReport(status: status))
    switch purpose {
    case .check where Health(status) != .current: throw ExitCode(Health(status).rawValue)
    case .readiness where !status.isReady: throw ExitCode(CommandError.Code.unavailable.rawValue)
    default: break
    }
  }

  /// What a monitor is told.
  private enum Health: Int32 {
    case current = 0
    case warning = 1
    case critical = 2

    init(_ status: WorkerStatus) {
      let isWhole = status.sources.allSatisfy { $0.state == .current && $0.leftOutCount == 0 }
      self = status.isReady ? isWhole ? .current : .warning : .critical
    }
  }
}
