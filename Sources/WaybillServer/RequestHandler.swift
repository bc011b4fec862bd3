internal import Diagnostics
package import ImageAPI
package import ImageRegistry
internal import ImageWire
package import MessagePack

/// Turns the bytes of a request into the bytes of its reply, whatever the bytes are. Used by one thread.
///
/// A small reply is written into memory that the handler keeps, so that answering allocates next to nothing.
package struct RequestHandler: ~Copyable {
  private let registry: ImageRegistry
  private let meter: RequestMeter
  /// Nil where whoever is sent the replies is believed to read them.
  let outstanding: OutstandingReplies?
  private var unpacker: Unpacker
  private var packer = Packer(capacity: 1_024)

  package init(registry: ImageRegistry) {
    self.init(registry: registry, meter: RequestMeter(), outstanding: nil)
  }

  package init(registry: ImageRegistry, meter: RequestMeter, outstanding: OutstandingReplies?) {
    self.registry = registry
    self.meter = meter
    self.outstanding = outstanding
    unpacker = Unpacker(limits: .request)
  }

  /// Where a reply is.
  package enum Reply {
    /// In the handler: ``withReply(_:)`` lends it.
    case kept
    /// In memory of its own, as it is large.
    case own(PackedBytes)
    /// In memory that others are sent from too.
    case shared(PackedBytes)
  }

  /// Answers a request.
  package mutating func answer(_ bytes: RawSpan) -> Reply {
    let stopwatch = Stopwatch()
    let request = Request(decoding: bytes, with: &unpacker)
    do throws(APIError) {
      let reply = try answer(request.call.get(), in: request.envelope)
      meter.count(
        request.method, nil, in: request.envelope, replyOf: size(of: reply), took: stopwatch.nanoseconds)
      return reply
    } catch {
      return refuse(in: request.envelope, with: error, method: request.method, since: stopwatch)
    }
  }

  private mutating func answer(_ call: Request.Call, in envelope: Envelope) throws(APIError) -> Reply {
    packer.removeAll()
    switch call {
    case .listImages(let request):
      let selection = try registry.snapshot.select(request)
      if envelope == .plain {
        if let list = try selection.sharedReply(orRecent: request.ifNoneMatch == nil) { return .shared(list) }
        if let list = selection.keptReply() {
          try outstanding?.checkRoom(for: list.count)
          return .own(list)
        }
      }
      packer.pack(selection, in: envelope)
    case .listNodes(let request):
      let reply = try registry.snapshot.listNodes(request)
      packer.beginReply(envelope)
      packer.pack(reply)
    case .imageLocality(let request):
      let locality = try registry.snapshot.locality(request)
      packer.beginReply(envelope)
      packer.pack(locality)
    case .status:
      packer.beginReply(envelope)
      packer.pack(WorkerStatus(of: registry, meter))
    }
    try outstanding?.checkRoom(for: packer.count)
    return written()
  }

  /// Answers a request by an error, whatever it asks.
  package mutating func refuse(_ bytes: RawSpan, with error: APIError) -> Reply {
    let request = Request(decoding: bytes, with: &unpacker)
    return refuse(in: request.envelope, with: error, method: request.method, since: Stopwatch())
  }

  /// Answers a message of more than one part, which is no request.
  package mutating func answer(multipart count: Int) -> Reply {
    let error = APIError(.invalidArgument, "a request is one message part, got \(count)")
    return refuse(in: .plain, with: error, method: nil, since: Stopwatch())
  }

  private mutating func refuse(
    in envelope: Envelope, with error: APIError, method: Request.Method?, since stopwatch: Stopwatch
  ) -> Reply {
    packer.removeAll(keepingCapacity: packer.count <= ReplySizes.maxKept)
    packer.pack(error, in: envelope)
    let reply = written()
    meter.count(method, error.code, in: envelope, replyOf: size(of: reply), took: stopwatch.nanoseconds)
    return reply
  }

  /// Where the reply is that was written.
  private mutating func written() -> Reply {
    guard packer.count > ReplySizes.maxKept else { return .kept }
    var written = Packer(capacity: 1_024)
    swap(&packer, &written)
    return .own(written.finish())
  }

  private func size(of reply: Reply) -> Int {
    switch reply {
    case .kept: packer.count
    case .own(let bytes), .shared(let bytes): bytes.count
    }
  }

  /// Answers a request, for a caller who keeps the reply.
  package mutating func reply(to bytes: RawSpan) -> PackedBytes {
    switch answer(bytes) {
    case .kept: withReply { PackedBytes(copying: $0) }
    case .own(let reply), .shared(let reply): reply
    }
  }

  /// Lends the reply that was written last.
  package func withReply<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try packer.withBytes(body)
  }
}
