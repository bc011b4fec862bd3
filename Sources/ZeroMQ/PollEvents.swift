internal import CZeroMQ

/// What a ``Poller`` waits for at a socket, and what it found.
public struct PollEvents: OptionSet, Hashable, Sendable {
  /// The bits of zmq_poll(3).
  public let rawValue: Int16

  /// Events from the bits of zmq_poll(3).
  public init(rawValue: Int16) { self.rawValue = rawValue }

  /// A part can be received without waiting; `ZMQ_POLLIN`.
  public static let readable = PollEvents(rawValue: Int16(ZMQ_POLLIN))

  /// A part can be sent without waiting; `ZMQ_POLLOUT`.
  public static let writable = PollEvents(rawValue: Int16(ZMQ_POLLOUT))
}
