internal import ImageAPI
package import ImageRegistry
package import MessagePack

/// Turns the bytes of a request into the bytes of its reply, whatever the bytes are. Used by one thread.
package struct RequestHandler: ~Copyable {
  private let registry: ImageRegistry
  private let started = ContinuousClock.now
  private var unpacker: Unpacker

  package init(registry: ImageRegistry, limits: Limits = .request) {
    self.registry = registry
    unpacker = Unpacker(limits: limits)
  }

  package mutating func reply(to bytes: RawSpan) -> PackedBytes {
    let request = Request(decoding: bytes, with: &unpacker)
    do throws(APIError) {
      switch try request.call.get() {
      case .listImages(let call): return try registry.snapshot.reply(to: call, in: request.envelope)
      case .status: return reply(status, in: request.envelope)
      }
    } catch {
      return reply(error, in: request.envelope)
    }
  }

  /// The reply to a request that is not to be answered otherwise, whatever it asks.
  mutating func reply(to bytes: RawSpan, refusing error: APIError) -> PackedBytes {
    reply(error, in: Request(decoding: bytes, with: &unpacker).envelope)
  }

  /// The reply to a message of more than one part, which is no request.
  func reply(toMultipart count: Int) -> PackedBytes {
    reply(APIError(.invalidArgument, "a request is one message part, got \(count)"), in: .plain)
  }

  private var status: WorkerStatus {
    let snapshot = registry.snapshot
    return WorkerStatus(
      version: version,
      uptime: UInt64(started.duration(to: .now).components.seconds),
      isReady: snapshot.unread.isEmpty,
      images: snapshot.count,
      etag: snapshot.etag,
      sources: registry.sources)
  }

  private func reply(_ status: WorkerStatus, in envelope: Envelope) -> PackedBytes {
    var packer = Packer(capacity: 1_024)
    packer.beginReply(envelope)
    packer.pack(status)
    return packer.finish()
  }

  private func reply(_ error: APIError, in envelope: Envelope) -> PackedBytes {
    var packer = Packer(capacity: 256)
    packer.pack(error, in: envelope)
    return packer.finish()
  }
}
