package import ImageAPI
internal import ImageWire
package import MessagePack
internal import Synchronization
package import ZeroMQ

/// Counts the bytes of large replies that wait for their clients to read.
///
/// libzmq bounds what waits for a client by messages only, and a thousand lists may be larger than any machine.
package final class OutstandingReplies: Sendable {
  private let bytes = Atomic(0)
  private let most: Int

  /// - Parameter most: How many bytes may wait.
  package init(most: Int) {
    self.most = most
  }

  /// What a client is told whose reply finds no room.
  package static var refusal: APIError {
    APIError(
      .resourceExhausted, "clients leave too many large replies unread: ask for pages by limit, or ask again later")
  }

  /// One reply may wait always, however large it is.
  package func hasRoom(for size: Int) -> Bool {
    let waiting = bytes.load(ordering: .relaxed)
    return waiting == 0 || waiting + size <= most
  }

  /// - Throws: The ``refusal`` of a large reply that finds no room.
  package func checkRoom(for size: Int) throws(APIError) {
    guard size < ReplySizes.minCounted || hasRoom(for: size) else { throw Self.refusal }
  }

  /// The same bytes in a message that is counted until libzmq has let go of it. Nothing is copied.
  package func count(_ message: consuming Message) throws(ZeroMQError) -> Message {
    let size = message.count
    let reply = CountedReply(message, size: size, of: self)
    return try reply.reply.withBytes { (bytes) throws(ZeroMQError) in
      // libzmq keeps as many bytes outside of its message, so that they stay where they are.
      try bytes.withUnsafeBytes { (buffer) throws(ZeroMQError) in try Message(lending: buffer, keepingAlive: reply) }
    }
  }

  /// A message with the bytes of a reply, counted until libzmq has let go of it. Nothing is copied.
  package func count(_ bytes: PackedBytes) throws(ZeroMQError) -> Message {
    let reply = CountedReply(bytes, size: bytes.count, of: self)
    return try bytes.withUnsafeBytes { (buffer) throws(ZeroMQError) in
      try Message(lending: buffer, keepingAlive: reply)
    }
  }

  private final class CountedReply<Reply: Sendable & ~Copyable>: Sendable {
    let reply: Reply
    private let size: Int
    private let all: OutstandingReplies

    init(_ reply: consuming Reply, size: Int, of all: OutstandingReplies) {
      self.reply = reply
      self.size = size
      self.all = all
      all.bytes.add(size, ordering: .relaxed)
    }

    deinit {
      all.bytes.subtract(size, ordering: .relaxed)
    }
  }
}
