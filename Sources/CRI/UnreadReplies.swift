internal import Concurrency
internal import GRPCNIOTransportHTTP2Posix
internal import ImageAPI
internal import NIOCore

/// The bytes of replies that clients have yet to read, and the connections that there are: both have a bound.
final class UnreadReplies: Sendable {
  private struct Counts {
    var connections = 0
    var bytes = 0
  }

  private let counts = Lock(Counts())
  private let maxConnections: Int
  private let maxBytes: Int

  /// What is as small as that is always sent.
  private static let smallReply = 16 << 10

  /// - Parameters:
  ///   - maxConnections: As many connections as there may be at once: what is more is closed.
  ///   - maxBytes: How many bytes of replies clients may leave unread. A client that is alone gets any.
  init(maxConnections: Int, maxBytes: Int) {
    self.maxConnections = maxConnections
    self.maxBytes = maxBytes
  }

  /// Checks that a reply may be sent.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED`.
  func checkRoom(for byteCount: Int) throws(APIError) {
    let unread = counts.withLock { $0.bytes }
    guard byteCount > Self.smallReply, unread > 0, unread + byteCount > maxBytes else { return }
    throw APIError(.resourceExhausted, "clients have yet to read \(unread) bytes of other lists: ask again later")
  }

  /// By these the transport reports connections and calls.
  var callbacks: HTTP2ServerTransport.Config.ChannelDebuggingCallbacks {
    .init(
      onBindTCPListener: nil,
      onAcceptTCPConnection: { [self] channel in
        channel.closeFuture.whenComplete { [self] _ in counts.withLock { $0.connections -= 1 } }
        let count = counts.withLock { counts in
          counts.connections += 1
          return counts.connections
        }
        if count > maxConnections { channel.close(promise: nil) }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(ReadCompletion(), position: .first)
        }
      },
      onAcceptHTTP2Stream: { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(CallHandler(self), position: .first)
        }
      })
  }

  func add(_ byteCount: Int) {
    counts.withLock { $0.bytes += byteCount }
  }
}
