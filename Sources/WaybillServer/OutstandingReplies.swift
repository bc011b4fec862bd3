package import ImageAPI
internal import ImageWire
package import MessagePack
internal import Synchronization
package import ZeroMQ

/// Counts the bytes of large replies that clients have yet to read, and says whether one more may wait.
///
/// libzmq bounds what waits for a client by messages only, and a thousand lists may be larger than any machine. Where
/// replies are counted for each client by a ``Share``, a client may add to its own while it is no more than what is still
/// free: so a client that reads nothing leaves room for others.
package final class OutstandingReplies: Sendable {
  /// The bytes of large replies that one client has yet to read.
  package final class Share: Sendable {
    fileprivate let bytes = Atomic(0)

    package init() {}

    /// Whether the client has read everything.
    package var isEmpty: Bool { bytes.load(ordering: .relaxed) == 0 }
  }

  private let bytes = Atomic(0)
  /// How many bytes may wait for all clients together.
  package let maxBytes: Int

  /// The bytes that clients have yet to read.
  package var byteCount: Int { bytes.load(ordering: .relaxed) }

  /// - Parameter maxBytes: How many bytes may wait for all clients together.
  package init(maxBytes: Int) {
    self.maxBytes = maxBytes
  }

  /// What a client is told when large replies use up the memory for all clients.
  package static let refusal = APIError(
    .resourceExhausted,
    "clients leave too many large replies unread: ask for pages by limit, or ask again later")

  /// What a client is told that has used up its share.
  package static let shareRefusal = APIError(
    .resourceExhausted,
    "this client leaves too many large replies unread: read them before you ask for more")

  /// Whether a large reply may wait. When nothing else waits, it may be of any size.
  package func hasRoom(for size: Int) -> Bool {
    let waiting = bytes.load(ordering: .relaxed)
    return waiting == 0 || waiting + size <= maxBytes
  }

  /// Whether a client has more to read than is still free for all.
  package func isUsedUp(_ share: Share) -> Bool {
    share.bytes.load(ordering: .relaxed) > maxBytes - bytes.load(ordering: .relaxed)
  }

  /// Checks that a reply may wait for a client.
  ///
  /// - Parameters:
  ///   - size: The bytes of the reply.
  ///   - share: The share of the client, where clients are told apart.
  /// - Throws: ``refusal`` or ``shareRefusal`` when a large reply finds no room.
  package func checkRoom(for size: Int, in share: Share? = nil) throws(APIError) {
    guard size >= ReplySizes.minCounted else { return }
    guard hasRoom(for: size) else { throw Self.refusal }
    if let share, isUsedUp(share) { throw Self.shareRefusal }
  }

  /// The same bytes in a message that is counted until libzmq has let go of it. Nothing is copied.
  package func count(_ message: consuming Message, in share: Share? = nil) throws(ZeroMQError) -> Message {
    let size = message.count
    let reply = CountedReply(message, size: size, of: self, in: share)
    return try reply.reply.withBytes { (bytes) throws(ZeroMQError) in
      // libzmq keeps as many bytes outside of its message, so that they stay where they are.
      try bytes.withUnsafeBytes { (buffer) throws(ZeroMQError) in try Message(lending: buffer, keepingAlive: reply) }
    }
  }

  /// A message with the bytes of a reply, counted until libzmq has let go of it. Nothing is copied.
  package func count(_ bytes: PackedBytes) throws(ZeroMQError) -> Message {
    let reply = CountedReply(bytes, size: bytes.count, of: self, in: nil)
    return try bytes.withUnsafeBytes { (buffer) throws(ZeroMQError) in
      try Message(lending: buffer, keepingAlive: reply)
    }
  }

  /// Owns the bytes of a reply while libzmq sends them. Let go on one of libzmq's threads, which must not wait there.
  private final class CountedReply<Reply: Sendable & ~Copyable>: Sendable {
    let reply: Reply
    private let size: Int
    private let all: OutstandingReplies
    private let share: Share?

    init(_ reply: consuming Reply, size: Int, of all: OutstandingReplies, in share: Share?) {
      self.reply = reply
      self.size = size
      self.all = all
      self.share = share
      all.bytes.add(size, ordering: .relaxed)
      share?.bytes.add(size, ordering: .relaxed)
    }

    deinit {
      share?.bytes.subtract(size, ordering: .relaxed)
      all.bytes.subtract(size, ordering: .relaxed)
    }
  }
}
