import ArgumentParser
import Connections
import CurveSecurity
import Diagnostics
import ImageRegistry
import ImageSources
import Logging
import ServiceLifecycle
import WaybillServer
import WaybillWorker
import ZeroMQ

#if GRPC
  import CRI
#endif

struct WorkerCommand: AsyncParsableCommand, ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Serve the images of stores, runtimes, or a cluster.",
    discussion: """
      A source is a store or a runtime and its path, or a cluster:

        oci:PATH                 an OCI image layout
        containers-storage:PATH  of Podman, Buildah, CRI-O; PATH may be left out
        isulad:PATH              iSulad's graph, with its embedded images; likewise
        embedded:PATH            an embedded manifest, or a folder of them
        docker-archive:PATH      a file of images as docker save writes it
        cri:PATH                 the socket of containerd, if PATH is left out, CRI-O
                                 or iSulad, which is asked what it has
        etcd:HOST:PORT,...       a cluster, of whose nodes waybill publish tells
                                 etcd; /PREFIX at the end, if not /waybill

      All sources make one list. An image that several of them hold is one entry with all its names; its other fields \
      are those of the source that is named first. A store is read again when it changes.

      Until every source has been read, requests are answered by the error UNAVAILABLE. A store that is not there yet is \
      read as soon as it is. The worker joins brokers once every source has been read. On SIGTERM, SIGINT or SIGHUP it \
      answers what has arrived, leaves the brokers and exits with 0 within 5 seconds. A second signal ends it at once.

      An endpoint that a network reaches is bound only with --curve-key and --authorized-keys, or with --insecure. Keys \
      are made by waybill keygen. A change of the folder of authorized keys \
      counts within two seconds.

      Examples:
        waybill worker oci:/srv/images
        waybill worker oci:/srv/images --bind ipc:///run/waybill.sock
        waybill worker isulad: embedded:/srv/embedded
        waybill worker cri: --cri unix:///run/waybill/cri.sock
        waybill worker etcd:10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379
        waybill worker docker-archive:/srv/images.tar.gz
        waybill worker oci:/srv/images --connect tcp://proxy.example:5556
        waybill worker oci:/srv/images --broker tcp://broker.example:5556

      \(CommandError.Code.table([.usage, .badData, .noInput, .software, .system, .cannotCreate, .noPermission]))
      """)

  @OptionGroup var source: SourceOptions

  @Option(
    help: """
      Where clients connect to: tcp://HOST:PORT or ipc://PATH; several times for several. (default: \
      tcp://127.0.0.1:5555, without --connect and --broker)
      """)
  var bind: [String] = []

  @Option(help: "The DEALER side of a ROUTER/DEALER proxy that clients connect to; several times for several proxies.")
  var connect: [String] = []

  @Option(help: "The backend of a waybill broker, whose pool the worker joins; several times for several brokers.")
  var broker: [String] = []

  #if GRPC
    private static let criNote = ""
  #else
    private static let criNote = " (Not in this program, which was built without gRPC.)"
  #endif

  @Option(help: "Answer crictl, too, by Kubernetes' Container Runtime Interface: unix:///PATH.\(criNote)")
  var cri: String?

  @Option(
    parsing: .unconditional,
    help: "How many requests to answer at once, 1 to 256. More than one pays off where there are more cores than two.")
  var threads = 1

  @OptionGroup var security: ServerSecurityOptions

  @Option(
    help: ArgumentHelp(
      """
      The public key of the proxy or broker, the certificate that has it, or a folder of certificates; several are \
      tried in turn. --connect and --broker then use CURVE.
      """, valueName: "key-or-path"))
  var serverKey: [String] = []

  @Option(help: "The name of this node, for status. (default: the host's, in lower case)")
  var node: String?

  @OptionGroup var etcd: EtcdOptions

  @OptionGroup var service: ServiceOptions

  func validate() throws {
    let clusters = source.sources.filter { $0.hasPrefix("etcd:") }
    guard clusters.count <= 1 else {
      throw ValidationError("A worker reads one cluster, not \(clusters.count).")
    }
    if clusters.isEmpty, let option = etcd.firstGiven {
      throw ValidationError("\(option) is for a source etcd:, and there is none.")
    }
    try EndpointCheck.checkAreDifferent(bind)
    guard serverKey.isEmpty || !connect.isEmpty || !broker.isEmpty else {
      throw ValidationError("--server-key is that of a proxy or a broker: it needs --connect or --broker.")
    }
    if let node {
      guard (1...253).contains(node.utf8.count), node.utf8.allSatisfy({ 0x21..<0x7f ~= $0 }) else {
        throw ValidationError("--node is a name of 1 to 253 characters without blanks, not \(quoted(node)).")
      }
    }
    if let cri {
      guard cri.hasPrefix("unix:///"), cri.count > "unix:///".count, !cri.utf8.contains(0) else {
        throw ValidationError("--cri is unix:// and an absolute path, not \(quoted(cri)).")
      }
    }
    guard (1...256).contains(threads) else { throw ValidationError("--threads is 1 to 256, not \(threads).") }
  }

  func check() throws(CommandError) {
    try source.check()
    for endpoint in connect { try EndpointCheck.check(endpoint, from: "--connect") }
    for endpoint in broker { try EndpointCheck.check(endpoint, from: "--broker") }
    try security.check(binding: bound, of: "bind")
  }

  func run() async throws {
    let signals = ShutdownSignals()
    DescriptorLimit.raise()
    let bar = service.logging.logLevel <= .notice ? ProgressBar() : nil
    defer { bar?.end() }
    let logger = service.logging.logger(above: bar)
    for endpoint in bind { try EndpointCheck.checkForBinding(endpoint, from: "--bind") }
    do {
      let locations = try source.locations
      let feeds = try source.feeds(from: locations, askingEtcdAs: etcd, logger: logger, bar: bar)
      let memory = service.memory
      let registry = ImageRegistry(sources: locations.map(\.description), maxListBytes: memory.heldLists)
      let worker = Worker(
        WorkerConfiguration(
          endpoints: endpoints, security: try security.security(binding: bound), peerSecurity: try peerSecurity(),
          identity: ServiceIdentity(node: node), threads: threads, maxOutstandingBytes: memory.unreadReplies,
          heartbeat: service.heartbeat), registry: registry, logger: logger)
      let report = WorkerReport(worker: worker, registry: registry, signals: signals)
      var services = try service.admin.services(for: report, logger: logger)
      services += try criServers(registry, memory, logger: logger) + [worker]
      if source.requireSources { services.append(RequiredSources(registry: registry)) }
      try await signals.run(
        services + feeds.map { FeedService(feed: $0, registry: registry) }, logger: service.logging.groupLogger)
    } catch let error as SourceError {
      throw CommandError(error)
    } catch let error as ZeroMQError {
      throw CommandError(error)
    }
  }

  private func criServers(
    _ registry: ImageRegistry, _ memory: MemoryBudget, logger: Logger
  ) throws(CommandError) -> [any Service] {
    guard let cri else { return [] }
    #if GRPC
      do throws(ListeningError) {
        let socket = try ListeningSocket(at: String(cri.dropFirst("unix://".count)))
        return [
          CRIServer(
            socket, registry: registry, version: version, maxOutstandingBytes: memory.unreadReplies, logger: logger)
        ]
      } catch {
        throw CommandError(error)
      }
    #else
      throw CommandError(
        message: "--cri: this waybill was built without gRPC: use one with the package trait GRPC, as make build makes",
        code: .usage)
    #endif
  }

  private var endpoints: [WorkerConfiguration.Endpoint] {
    bound.map { .bind($0) } + connect.map { .connect($0) } + broker.map { .broker($0) }
  }

  private var bound: [String] {
    bind.isEmpty && connect.isEmpty && broker.isEmpty ? ["tcp://127.0.0.1:5555"] : bind
  }

  private func peerSecurity() throws(CommandError) -> ClientSecurity {
    try connect.isEmpty && broker.isEmpty
      ? .none : ClientSecurity(serverKeys: serverKey, curveKey: security.curveKey)
  }
}
