internal import Concurrency
internal import Connections
public import CurveSecurity
public import ImageAPI
internal import ImageWire
internal import MessagePack
internal import Tracing
internal import ZeroMQ

/// Asks workers and brokers, and asks again for a while when one does not answer: ZeroMQ's "Lazy Pirate".
///
/// An attempt that timed out is given up with its socket, so that an answer that comes late is never taken for the
/// answer to another question. Asking twice does no harm, as nothing is changed by asking.
///
/// A client may be used by any number of tasks at once. Each request has a connection of its own while it lasts; the
/// connection is kept for the next request. The methods suspend the task that calls them and block no thread of Swift's
/// pool. A task that is cancelled gets ``ClientError/Code/cancelled`` within 0.1 seconds.
public struct Client: Sendable {
  /// Where workers, brokers or proxies are, tried in turn: `tcp://HOST:PORT` or `ipc://PATH`.
  public let endpoints: [String]
  /// How long one attempt may take.
  public let timeout: Duration
  /// How many attempts there are in all, 1 or more.
  public let attempts: Int
  /// How to prove who is asking.
  public let security: ClientSecurity

  private let pool: ConnectionPool

  /// A client that is connected to nothing yet.
  ///
  /// - Parameters:
  ///   - endpoints: Where workers, brokers or proxies are, at least one.
  ///   - timeout: How long one attempt may take.
  ///   - attempts: How many attempts there are in all, 1 or more.
  ///   - security: How to prove who is asking.
  public init(
    endpoints: [String] = ["tcp://127.0.0.1:5555"], timeout: Duration = .seconds(5), attempts: Int = 3,
    security: ClientSecurity = .none
  ) {
    precondition(!endpoints.isEmpty && attempts > 0)
    self.endpoints = endpoints
    self.timeout = timeout
    self.attempts = attempts
    self.security = security
    pool = ConnectionPool(security: security)
  }

  /// Lists images.
  ///
  /// - Parameter request: What to list; every image if it says nothing.
  /// - Returns: The images, or a page of them, or that nothing changed.
  /// - Throws: ``ClientError``.
  public func listImages(
    _ request: ListImagesRequest = ListImagesRequest()
  ) async throws(ClientError) -> ListImagesReply {
    try await ask(.listImages) { (packer) in
      packer.pack(request)
    } reading: { (bytes, unpacker) throws(APIError) in
      try ListImagesReply(decoding: bytes, with: &unpacker)
    }
  }

  /// Asks what a worker serves. Behind a proxy or a broker it is any of the workers.
  ///
  /// - Returns: Readiness, etag and counts, and the state of each source.
  /// - Throws: ``ClientError``.
  public func status() async throws(ClientError) -> WorkerStatus {
    try await ask(.status) { (packer) in
      packer.packStatusRequest()
    } reading: { (bytes, unpacker) throws(APIError) in
      try WorkerStatus(decoding: bytes, with: &unpacker)
    }
  }

  /// Lists the nodes of a cluster, and says what is known of each.
  ///
  /// - Parameter request: Which page of them; every node if it says nothing.
  /// - Returns: The nodes, or a page of them, or that nothing changed.
  /// - Throws: ``ClientError``: with an `UNIMPLEMENTED` reply where the worker reads no cluster.
  public func listNodes(
    _ request: ListNodesRequest = ListNodesRequest()
  ) async throws(ClientError) -> ListNodesReply {
    try await ask(.listNodes) { (packer) in
      packer.pack(request)
    } reading: { (bytes, unpacker) throws(APIError) in
      try ListNodesReply(decoding: bytes, with: &unpacker)
    }
  }

  /// Asks on which nodes a pod with some images would start soonest.
  ///
  /// - Parameter request: The images.
  /// - Returns: What is known of each image, and the nodes that hold most of their bytes.
  /// - Throws: ``ClientError``: with an `UNIMPLEMENTED` reply where the worker reads no cluster.
  public func imageLocality(_ request: ImageLocalityRequest) async throws(ClientError) -> ImageLocality {
    try await ask(.imageLocality) { (packer) in
      packer.pack(request)
    } reading: { (bytes, unpacker) throws(APIError) in
      try ImageLocality(decoding: bytes, with: &unpacker)
    }
  }

  private typealias Reading<Reply> = @Sendable (RawSpan, inout Unpacker) throws(APIError) -> Reply

  private func ask<Reply: Sendable>(
    _ method: Request.Method, _ write: (inout Packer) -> Void, reading read: @escaping Reading<Reply>
  ) async throws(ClientError) -> Reply {
    var packer = Packer(capacity: 256)
    write(&packer)
    let request = packer.finish()
    let span = startSpan(of: method)
    defer { span.end() }
    do throws(ClientError) { return try await ask(request, reading: read, tracedBy: span) } catch {
      span.note(error)
      throw error
    }
  }

  private func ask<Reply: Sendable>(
    _ request: PackedBytes, reading read: @escaping Reading<Reply>, tracedBy span: any Tracing.Span
  ) async throws(ClientError) -> Reply {
    let cancelled = Latch()
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let thread = NamedThread("waybill-client") {
          let outcome = Result { () throws(ClientError) in
            try ask(request, reading: read, tracedBy: span, until: cancelled)
          }
          continuation.resume(returning: outcome)
        }
        if thread == nil {
          continuation.resume(returning: .failure(.socket("cannot start a thread: the system has none left")))
        }
      }
    } onCancel: {
      cancelled.open()
    }
    return try outcome.get()
  }

  private func ask<Reply>(
    _ request: PackedBytes, reading read: Reading<Reply>, tracedBy span: any Tracing.Span, until cancelled: Latch
  ) throws(ClientError) -> Reply {
    var failures: [ClientError] = []
    var backoff = Backoff()
    while true {
      let endpoint = endpoints[failures.count % endpoints.count]
      do throws(ClientError) {
        return try exchange(request, with: endpoint, reading: read, until: cancelled)
      } catch {
        // Another worker may let in whom this one does not.
        guard error.isTransient || error.isOfThisEndpoint else { throw error }
        failures.append(error)
        span.note(error, at: endpoint)
        let mayHelp = error.isTransient || failures.count < endpoints.count
        guard mayHelp, failures.count < attempts else {
          throw ClientError(summing: failures, of: endpoints, timeout: timeout)
        }
      }
      guard !cancelled.wait(atMost: backoff.next()) else { throw .cancelled }
    }
  }

  /// One request on a connection that nobody else uses meanwhile: one that waits, or a new one by each way in turn.
  private func exchange<Reply>(
    _ request: PackedBytes, with endpoint: String, reading read: Reading<Reply>, until cancelled: Latch
  ) throws(ClientError) -> Reply {
    let deadline = ContinuousClock.now + timeout
    if let connection = pool.takeIdleConnection(to: endpoint) {
      guard let answer = try connection.ask(request, before: deadline, until: cancelled) else {
        throw noAnswer(of: endpoint)
      }
      return try finish(answer, over: connection, reading: read)
    }
    if let error = ClientError(unansweredAt: endpoint), error.code == .denied { throw error }
    var ways = try routes(to: endpoint, before: deadline, until: cancelled)[...]
    var failure: ClientError?
    while let way = ways.popFirst() {
      let connection = try pool.makeConnection(to: endpoint, by: way)
      // So that a way on which nobody says a word leaves time for the others.
      let patience = ways.isEmpty ? nil : ContinuousClock.now + (deadline - .now) / (ways.count + 1)
      do throws(ClientError) {
        if let answer = try connection.ask(request, before: deadline, connectingBefore: patience, until: cancelled) {
          return try finish(answer, over: connection, reading: read)
        }
      } catch {
        guard error.isOfConnection else { throw error }
        failure = error
      }
    }
    throw failure ?? noAnswer(of: endpoint)
  }

  private func routes(
    to endpoint: String, before deadline: ContinuousClock.Instant, until cancelled: Latch
  ) throws(ClientError) -> [Route] {
    let place: Endpoint
    do throws(EndpointError) { place = try Endpoint(connectingTo: endpoint) } catch {
      throw .badEndpoint(error.description)
    }
    do throws(RouteError) {
      let isOver = { cancelled.wait(atMost: .zero) || ContinuousClock.now >= deadline }
      if let routes = try place.routes(as: security, until: isOver) { return routes }
    } catch {
      throw ClientError(error)
    }
    throw cancelled.wait(atMost: .zero) ? .cancelled : .notLookedUp(endpoint, within: timeout)
  }

  private func noAnswer(of endpoint: String) -> ClientError {
    ClientError(unansweredAt: endpoint) ?? .noAnswer(endpoints: endpoints, attempts: attempts, timeout: timeout)
  }

  private func finish<Reply>(
    _ answer: consuming Message, over connection: ClientConnection, reading read: Reading<Reply>
  ) throws(ClientError) -> Reply {
    guard !answer.hasMore else {
      throw .refused(APIError(.internal, "the reply is not waybill's: it has more than one part"))
    }
    pool.giveBack(connection)
    var unpacker = Unpacker(limits: Limits(bytes: .max, depth: Limits.deepest, elements: .max))
    do throws(APIError) {
      return try answer.withBytes { (bytes) throws(APIError) in try read(bytes, &unpacker) }
    } catch {
      throw .refused(error)
    }
  }
}
