internal import Synchronization
internal import ZeroMQ

/// Tells the thread of a socket to leave, from any other thread.
///
/// The flag is for a thread that is busy, the message for one that waits.
final class StopSignal: Sendable {
  private let context: Context
  private let endpoint: String
  private let isStopping = Atomic(false)

  init(in context: Context, name: String) {
    self.context = context
    endpoint = "inproc://stop-\(name)"
  }

  var isRaised: Bool { isStopping.load(ordering: .relaxed) }

  /// The end that the socket's thread watches.
  func receiver() throws(ZeroMQError) -> Socket {
    let socket = try Socket(.pull, in: context)
    try socket.bind(endpoint)
    return socket
  }

  func raise() {
    isStopping.store(true, ordering: .relaxed)
    do throws(ZeroMQError) {
      let socket = try Socket(.push, in: context)
      try socket.connect(endpoint)
      try socket.send([])
    } catch {
      // Without sockets to be had, the thread leaves at its next request.
    }
  }
}
