internal import Synchronization
internal import ZeroMQ

/// Counts the bytes of large replies that wait for their clients to read.
///
/// libzmq bounds what waits for a client by messages only, and a thousand lists may be larger than any machine.
final class UnreadReplies: Sendable {
  private let bytes = Atomic(0)
  private let most: Int

  /// - Parameter most: How many bytes may wait.
  init(most: Int) {
    self.most = most
  }

  /// Replies of fewer bytes are bounded well enough by their number.
  static let large = 64 << 10

  func hasRoom(for size: Int) -> Bool { bytes.load(ordering: .relaxed) + size <= most }

  /// The same bytes in a message that is counted until libzmq has let go of it. Nothing is copied.
  func count(_ message: consuming Message) throws(ZeroMQError) -> Message {
    let reply = CountedReply(message, of: self)
    return try reply.message.withBytes { (bytes) throws(ZeroMQError) in
      // libzmq keeps as many bytes outside of its message, so that they stay where they are.
      try bytes.withUnsafeBytes { (buffer) throws(ZeroMQError) in try Message(lending: buffer, keepingAlive: reply) }
    }
  }

  private final class CountedReply: Sendable {
    let message: Message
    private let all: UnreadReplies

    init(_ message: consuming Message, of all: UnreadReplies) {
      self.message = message
      self.all = all
      all.bytes.add(self.message.count, ordering: .relaxed)
    }

    deinit {
      all.bytes.subtract(message.count, ordering: .relaxed)
    }
  }
}
