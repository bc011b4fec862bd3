import ArgumentParser
import Logging
import WaybillBroker
import WaybillServer
import ZeroMQ

struct BrokerCommand: AsyncParsableCommand, ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "broker",
    abstract: "Stand between clients and a pool of workers, and lose no request.",
    usage: "waybill broker [<options>]",
    discussion: """
      Clients connect to the frontend as they would to a worker; workers are started with --broker and the backend's \
      address. Each request goes to the worker that has been idle longest, and to another one when its worker dies or \
      takes longer than --retry-after. Clients take turns, and no client can use up the queue: one that is alone may \
      have half of it. A client gets UNAVAILABLE at once when there is no worker, RESOURCE_EXHAUSTED when the queue or \
      its share of it is full, and DEADLINE_EXCEEDED when no worker answered in time.

      On SIGTERM, SIGINT or SIGHUP the broker answers what has arrived, and exits with 0 within 5 seconds. A second \
      signal ends it at once.

      Examples:
        waybill broker
        waybill broker --frontend ipc:///run/waybill.sock --queue 1000
        waybill worker oci:/srv/images --broker tcp://127.0.0.1:5556

      \(CommandError.Code.table([.usage, .badData, .noInput, .software, .system, .cannotCreate, .noPermission]))
      """)

  @Option(
    help: """
      Where clients connect to: tcp://HOST:PORT or ipc://PATH; several times for several. (default: \
      tcp://127.0.0.1:5555)
      """)
  var frontend: [String] = []

  @Option(help: "Where workers connect to; several times for several. (default: tcp://127.0.0.1:5556)")
  var backend: [String] = []

  @Option(
    parsing: .unconditional,
    help: "Seconds until a request without an answer is refused, up to 86400; less than the clients' own timeout.")
  var deadline: Double = 4

  @Option(parsing: .unconditional, help: "Seconds until another worker is asked as well; up to 86400.")
  var retryAfter: Double = 1

  @Option(parsing: .unconditional, help: "How many requests may wait for a worker; 1 to 1000000.")
  var queue: Int = 10_000

  @OptionGroup var security: ServerSecurityOptions

  @Option(
    help: ArgumentHelp(
      "A folder with the keys of the workers that may connect to the backend. Their answers are believed.",
      valueName: "folder"))
  var authorizedWorkers: String?

  @OptionGroup var service: ServiceOptions

  func validate() throws {
    guard (security.curveKey == nil) == (authorizedWorkers == nil) else {
      throw ValidationError("--curve-key and --authorized-workers need each other.")
    }
    try EndpointCheck.checkAreDifferent(frontend + backend)
    for (name, seconds) in [("--deadline", deadline), ("--retry-after", retryAfter)] {
      guard seconds > 0, seconds <= 86_400 else {
        throw ValidationError("\(name) must be more than 0 and at most 86400 seconds, not \(seconds).")
      }
    }
    guard (1...1_000_000).contains(queue) else {
      throw ValidationError("--queue must be 1 to 1000000 requests, not \(queue).")
    }
  }

  func check() throws(CommandError) {
    try security.check(binding: frontends, of: "frontend")
    try security.check(binding: backends, of: "backend")
  }

  private var frontends: [String] { frontend.isEmpty ? ["tcp://127.0.0.1:5555"] : frontend }

  private var backends: [String] { backend.isEmpty ? ["tcp://127.0.0.1:5556"] : backend }

  func run() async throws {
    let signals = ShutdownSignals()
    DescriptorLimit.raise()
    for endpoint in frontends { try EndpointCheck.checkForBinding(endpoint, from: "--frontend") }
    for endpoint in backends { try EndpointCheck.checkForBinding(endpoint, from: "--backend") }
    let limits = DispatchLimits(
      deadline: .seconds(deadline), retryAfter: .seconds(retryAfter), maxWaiting: queue,
      heartbeat: service.heartbeat)
    let logger = service.logging.logger()
    let broker = Broker(
      BrokerConfiguration(
        frontends: frontends, backends: backends, clientSecurity: try security.security(binding: frontends),
        workerSecurity: try security.security(
          binding: backends, letting: authorizedWorkers, of: "--authorized-workers"),
        limits: limits,
        maxOutstandingBytes: service.memory.unreadRepliesOfBroker),
      logger: logger)
    let report = BrokerReport(board: broker.board, signals: signals)
    do {
      let watchers = try service.admin.services(for: report, logger: logger)
      try await signals.run(watchers + [broker], logger: service.logging.groupLogger)
    } catch let error as ZeroMQError {
      throw CommandError(error)
    }
  }
}
