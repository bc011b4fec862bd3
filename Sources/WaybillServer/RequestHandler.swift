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
  private let unread: OutstandingReplies?
  private var unpacker: Unpacker
  private var packer = Packer(capacity: 1_024)

  /// A larger reply is handed over, to be sent without a copy.
  private static let largestKept = 16 * 1_024

  package init(registry: ImageRegistry) {
    self.init(registry: registry, meter: RequestMeter(), unread: nil)
  }

  package init(registry: ImageRegistry, meter: RequestMeter, unread: OutstandingReplies?) {
    self.registry = registry
    self.meter = meter
    self.unread = unread
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
    packer.removeAll()
    let request = Request(decoding: bytes, with: &unpacker)
    do throws(APIError) {
      switch try request.call.get() {
      case .listImages(let call):
        let list = try registry.reply(to: call, in: request.envelope, into: &packer)
        guard let list else { break }
        meter.count(replyOf: list.count, isError: false)
        return .shared(list)
      case .status:
        packer.beginReply(request.envelope)
        packer.pack(status)
      }
      if let unread { try unread.checkRoom(for: packer.count) }
    } catch {
      refuse(in: request.envelope, with: error)
      return .kept
    }
    meter.count(replyOf: packer.count, isError: false)
    guard packer.count > Self.largestKept else { return .kept }
    var written = Packer(capacity: 1_024)
    swap(&packer, &written)
    return .own(written.finish())
  }

  /// Answers a request, for a caller who keeps the reply.
  package mutating func reply(to bytes: RawSpan) -> PackedBytes {
    switch answer(bytes) {
    case .kept: withReply { PackedBytes(copying: $0) }
    case .own(let reply), .shared(let reply): reply
    }
  }

  /// Answers a request by an error, whatever it asks. ``withReply(_:)`` lends the reply.
  package mutating func refuse(_ bytes: RawSpan, with error: APIError) {
    refuse(in: Request(decoding: bytes, with: &unpacker).envelope, with: error)
  }

  /// Answers a message of more than one part, which is no request. ``withReply(_:)`` lends the reply.
  package mutating func answer(multipart count: Int) {
    refuse(in: .plain, with: APIError(.invalidArgument, "a request is one message part, got \(count)"))
  }

  private mutating func refuse(in envelope: Envelope, with error: APIError) {
    packer.removeAll(keepingCapacity: packer.count <= Self.largestKept)
    packer.pack(error, in: envelope)
    meter.count(replyOf: packer.count, isError: true)
  }

  /// Lends the reply that was written last.
  package func withReply<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try packer.withBytes(body)
  }

  private var status: WorkerStatus {
    let snapshot = registry.snapshot
    return WorkerStatus(
      version: version,
      uptime: UInt64(meter.started.duration(to: .now).components.seconds),
      isReady: snapshot.unread.isEmpty,
      images: snapshot.count,
      etag: snapshot.etag,
      requests: meter.counts,
      sources: registry.sources)
  }
}
