import ArgumentParser
import Diagnostics
import ImageAPI
import ImageRegistry
import ImageSources
import Logging
import ServiceLifecycle
import WaybillServer

#if GRPC
  import Cluster
#endif

struct PublishCommand: AsyncParsableCommand, ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish",
    abstract: "Tell etcd which images this node of a cluster has.",
    discussion: """
      Sources are those of waybill worker, except etcd:. They are read as a worker reads them, and what they hold is put \
      into etcd, for workers with the source etcd: of the same members and prefix.

      The node is listed for as long as the publisher runs, and gone after SIGTERM, SIGINT or SIGHUP; when the publisher \
      dies, or cannot reach etcd any more, it is gone after the time of --ttl. Of two publishers of one node the one that \
      started last stays.

      Examples:
        waybill publish cri: --to etcd:10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379
        waybill publish containers-storage: --to etcd:etcd.example:2379/test \\
          --etcd-ca /etc/waybill/ca.pem --etcd-user node-1 \\
          --etcd-password-file /etc/waybill/password

      \(CommandError.Code.table([.usage, .badData, .noInput, .software, .system, .cannotCreate, .noPermission]))
      """)

  @OptionGroup var source: SourceOptions

  @Option(help: ArgumentHelp("Where to put it: etcd:HOST:PORT,... and at the end /PREFIX.", valueName: "etcd"))
  var to: String

  @Option(help: "The node's name, as Kubernetes has it. (default: the host's, in lower case)")
  var node: String?

  @Option(
    parsing: .unconditional, help: "Seconds until a node counts as gone whose publisher is silent; 2 to 86400.")
  var ttl: Int64 = 60

  @Option(
    parsing: .unconditional,
    help: "Seconds until an image is cleaned up that no node holds any more; more than twice --ttl, up to 2678400.")
  var retention: Int64 = 86_400

  @Flag(help: "Leave the node listed when the publisher stops, until the time of --ttl is over.")
  var keep = false

  @OptionGroup var etcd: EtcdOptions

  @OptionGroup var admin: AdminOptions

  @OptionGroup var logging: LogOptions

  func validate() throws {
    if let cluster = source.sources.first(where: { $0.hasPrefix("etcd:") }) {
      throw ValidationError("\(cluster.escaped) is a cluster, and what is published is what one node has.")
    }
    guard to.hasPrefix("etcd:") else {
      throw ValidationError("--to is etcd:HOST:PORT, not \(quoted(to)).")
    }
    guard (2...86_400).contains(ttl) else { throw ValidationError("--ttl is 2 to 86400 seconds, not \(ttl).") }
    // What others put is left alone while half of its time is left, which must outlast this node's record.
    guard (2 * ttl + 1...2_678_400).contains(retention) else {
      throw ValidationError(
        "--retention is \(2 * ttl + 1), more than twice --ttl, to 2678400 seconds, not \(retention).")
    }
    guard NodeStatus.isName(name) else {
      throw ValidationError(
        "\(quoted(name)) is no name of a node: --node has letters in lower case, digits, - and ., up to 253.")
    }
  }

  func check() throws(CommandError) {
    try source.check()
    #if GRPC
      do throws(SourceError) {
        _ = try place
      } catch {
        throw CommandError(error, of: "to")
      }
    #endif
  }

  private var name: String { ServiceIdentity(node: node).node }

  #if GRPC
    private var place: ClusterLocation {
      get throws(SourceError) { try ClusterLocation(String(to.dropFirst("etcd:".count))) }
    }

    func run() async throws {
      let signals = ShutdownSignals()
      let bar = logging.logLevel <= .notice ? ProgressBar() : nil
      defer { bar?.end() }
      let logger = logging.logger(above: bar)
      do {
        let locations = try source.locations
        let feeds = try source.feeds(from: locations, askingEtcdAs: etcd, logger: logger, bar: bar)
        let registry = ImageRegistry(sources: locations.map(\.description))
        let publisher = Publisher(
          registry, asNode: name, to: try place, as: try etcd.access(),
          lifetimes: Publisher.Lifetimes(presence: ttl, retention: retention, keepsPresence: keep),
          version: version, logger: logger)
        let report = PublisherReport(
          node: name, progress: publisher.progress, registry: registry, signals: signals)
        var services = try admin.services(for: report, logger: logger)
        services.append(publisher)
        if source.requireSources { services.append(RequiredSources(registry: registry)) }
        try await signals.run(
          services + feeds.map { FeedService(feed: $0, registry: registry) }, logger: logging.groupLogger)
      } catch let error as SourceError {
        throw CommandError(error)
      } catch let error as EtcdError {
        throw CommandError(message: error.description.escaped, code: .cannotCreate)
      }
    }
  #else
    func run() throws {
      throw CommandError(
        message:
          "publish: this waybill was built without gRPC: use one with the package trait GRPC, as make build makes",
        code: .usage)
    }
  #endif
}
