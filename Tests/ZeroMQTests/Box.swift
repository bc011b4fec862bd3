import Synchronization

@testable import ZeroMQ

/// Hands a socket over whole, as `Socket` advises.
final class Box: Sendable {
  private let content: Mutex<Socket?>

  init(_ socket: consuming sending Socket) { content = Mutex(consume socket) }

  func take() -> sending Socket? {
    content.withLock { (socket: inout sending Socket?) -> sending Socket? in
      let taken = socket.take()
      return taken
    }
  }
}
