package import Connections
internal import Diagnostics
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
package import ImageRegistry
package import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Answers crictl, and others who speak Kubernetes' Container Runtime Interface, from a registry.
package struct CRIServer: Service {
  private let socket: ListeningSocket
  private let registry: ImageRegistry
  private let version: String
  private let maxOutstandingBytes: Int
  private let logger: Logger

  private static let maxConnections = 256
  private static let maxConcurrentStreams = 100
  private static let maxThreads = 2
  private static let maxRequestBytes = 64 << 10
  /// How long a client may take to read its reply when the server stops.
  private static let graceTime = Duration.seconds(1)

  /// A server that answers nobody yet.
  ///
  /// - Parameters:
  ///   - socket: Where clients connect to. It is removed when the server stops.
  ///   - registry: The images.
  ///   - version: The version of waybill.
  ///   - maxOutstandingBytes: How many bytes of replies clients may leave unread.
  ///   - logger: Where to say that it listens.
  package init(
    _ socket: ListeningSocket, registry: ImageRegistry, version: String, maxOutstandingBytes: Int, logger: Logger
  ) {
    self.socket = socket
    self.registry = registry
    self.version = version
    self.maxOutstandingBytes = maxOutstandingBytes
    self.logger = logger
  }

  /// Answers until the service group shuts down.
  package func run() async throws {
    defer { socket.removePath() }
    let unread = UnreadReplies(maxConnections: Self.maxConnections, maxBytes: maxOutstandingBytes)
    let threads = MultiThreadedEventLoopGroup(numberOfThreads: min(Self.maxThreads, System.coreCount))
    defer { threads.shutdownGracefully { _ in } }
    let server = GRPCServer(
      transport: transport(unread, threads),
      services: [CRIService(registry: registry, version: version, unread: unread)])
    logger.notice("answering CRI", metadata: [LogKey.endpoint: "unix://\(socket.path)"])
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await withTaskExecutorPreference(EventLoopExecutor(threads)) { try await server.serve() }
    } onCancelOrGracefulShutdown: {
      server.beginGracefulShutdown()
    }
  }

  private func transport(_ unread: UnreadReplies, _ threads: MultiThreadedEventLoopGroup) -> HTTP2ServerTransport.Posix
  {
    let config = HTTP2ServerTransport.Posix.Config.defaults { config in
      config.http2.maxConcurrentStreams = Self.maxConcurrentStreams
      config.rpc.maxRequestPayloadSize = Self.maxRequestBytes
      config.connection.maxGraceTime = Self.graceTime
      // No idle time: its timer keeps the state of every connection that ends (grpc-swift-nio-transport 2.9).
      config.channelDebuggingCallbacks = unread.callbacks
    }
    return HTTP2ServerTransport.Posix(
      listeningSocketDescriptor: Int(socket.descriptor), transportSecurity: .plaintext, config: config,
      eventLoopGroup: threads)
  }
}
