import ArgumentParser
import CurveSecurity
import ImageRegistry
import ImageSources
import Logging
import WaybillServer
import WaybillWorker
import ZeroMQ

struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Serve the images of one or more stores.",
    discussion: """
      A source is a kind of store and its path:

        oci:PATH                 an OCI image layout, as skopeo, umoci and buildah write it
        containers-storage:PATH  the store of Podman, Buildah and CRI-O; without a PATH /var/lib/containers/storage
        isulad:PATH              iSulad's graph, embedded images included; /var/lib/isulad without a PATH
        embedded:PATH            an embedded manifest, or a folder of them, each with its .sgn
        docker-archive:PATH      a file of images as docker save and skopeo write it, plain or compressed by gzip

      All sources make one list. An image that several of them hold is one entry with all its names; its other fields \
      are those of the source that is named first. A store is read again when it changes.

      Until every source has been read, requests are answered by the error UNAVAILABLE. The worker joins brokers once \
      every source has been read. On SIGTERM or SIGINT it answers what has arrived, leaves the brokers and exits with 0 \
      within 5 seconds. A second signal ends it at once.

      An endpoint that a network reaches is bound only with --curve-key and --authorized-keys, or with --insecure. Keys \
      are made by waybill keygen. A change of the folder of authorized keys \
      counts within two seconds.

      Examples:
        waybill worker oci:/srv/images
        waybill worker oci:/srv/images --bind tcp://127.0.0.1:5555 --bind ipc:///run/waybill.sock
        waybill worker isulad: embedded:/srv/embedded
        waybill worker containers-storage: containers-storage:$HOME/.local/share/containers/storage
        waybill worker docker-archive:/srv/images.tar.gz
        waybill worker oci:/srv/images --connect tcp://proxy.example:5556
        waybill worker oci:/srv/images --broker tcp://one.example:5556 --broker tcp://two.example:5556
      """)

  @Argument(help: ArgumentHelp("What to list, such as oci:/srv/images.", valueName: "source"))
  var sources: [String]

  @Option(help: "Where clients connect to: tcp://HOST:PORT or ipc://PATH. (default: tcp://127.0.0.1:5555)")
  var bind: [String] = []

  @Option(help: "The DEALER side of a ROUTER/DEALER proxy that clients connect to; several times for several proxies.")
  var connect: [String] = []

  @Option(help: "The backend of a waybill broker, whose pool the worker joins; several times for several brokers.")
  var broker: [String] = []

  @Option(help: "How many requests to answer at once. More than one pays off where there are more cores than two.")
  var threads = 1

  @OptionGroup var security: ServerSecurityOptions

  @Option(
    help: ArgumentHelp(
      "The public key of the proxy or broker, or the certificate that has it: --connect and --broker then use CURVE.",
      valueName: "key-or-file"))
  var serverKey: String?

  @OptionGroup var logging: LogOptions

  func validate() throws {
    guard !sources.isEmpty else { throw ValidationError("Name at least one source, such as oci:/srv/images.") }
    guard sources.count <= ImageRegistry.maxSources else {
      throw ValidationError("There may be \(ImageRegistry.maxSources) sources at the most, not \(sources.count).")
    }
    guard serverKey == nil || !connect.isEmpty || !broker.isEmpty else {
      throw ValidationError("--server-key is that of a proxy or a broker: it needs --connect or --broker.")
    }
    guard (1...256).contains(threads) else { throw ValidationError("Threads are 1 to 256, not \(threads).") }
  }

  func run() async throws {
    let signals = ShutdownSignals()
    DescriptorLimit.raise()
    let bar = logging.logLevel <= .notice ? ProgressBar() : nil
    defer { bar?.end() }
    let logger = logging.logger(above: bar)
    for endpoint in bind { try EndpointCheck.checkForBinding(endpoint) }
    for endpoint in connect + broker { try EndpointCheck.check(endpoint) }
    do {
      let layers = LayerPool()
      let stores = try sources.map { text throws(SourceError) in
        try ImageSourceLocation(text).open(sharing: layers)
      }
      let registry = ImageRegistry(sources: stores.map(\.name))
      let worker = Worker(
        WorkerConfiguration(
          endpoints: endpoints, security: try security.security(binding: bound), peerSecurity: try peerSecurity(),
          threads: threads), registry: registry, logger: logger)
      let feeds = stores.enumerated().map { index, store in
        let feed = PollingFeed(store, index: index, logger: logger, showing: bar.map { $0.display(of: store.name) })
        return FeedService(feed: feed, registry: registry)
      }
      try await signals.run([worker] + feeds, logger: logging.groupLogger)
    } catch let error as SourceError {
      throw CommandError(error)
    } catch let error as ZeroMQError {
      throw CommandError(error)
    }
  }

  private var endpoints: [WorkerConfiguration.Endpoint] {
    bound.map { .bind($0) } + connect.map { .connect($0) } + broker.map { .broker($0) }
  }

  private var bound: [String] {
    bind.isEmpty && connect.isEmpty && broker.isEmpty ? ["tcp://127.0.0.1:5555"] : bind
  }

  private func peerSecurity() throws(CommandError) -> ClientSecurity {
    try connect.isEmpty && broker.isEmpty
      ? .none : ClientSecurity(serverKey: serverKey, curveKey: security.curveKey)
  }
}
