internal import Synchronization
package import ZeroMQ

/// Tells the thread of a REP socket to leave, from any other thread.
///
/// The flag says so. A request over an endpoint of the socket's own wakes the thread if it waits, so that it need not
/// watch a second socket, which would cost every request a poll.
package final class StopSignal: Sendable {
  /// What the REP socket binds, among its other endpoints.
  package let endpoint: String
  private let context: Context
  private let hasBeenRaised = Atomic(false)

  package init(in context: Context, name: String) {
    self.context = context
    endpoint = "inproc://stop-\(name)"
  }

  /// After so long without a message none is left to be answered.
  package static let quietTime = Duration.milliseconds(100)

  package var isRaised: Bool { hasBeenRaised.load(ordering: .relaxed) }

  package func raise() {
    hasBeenRaised.store(true, ordering: .relaxed)
    wake()
  }

  /// Has the thread look around, if it waits.
  package func wake() {
    do throws(ZeroMQError) {
      let socket = try Socket(.req, in: context)
      // Where the thread has left already, or does not listen yet, nobody takes the message.
      try socket.set(.linger, to: .seconds(1))
      try socket.connect(endpoint)
      // Never waits: a thread that saw the flag may have closed its socket in between, and then nobody takes the message.
      var wake = Message()
      _ = try socket.sendIfReady(&wake)
    } catch {
      // Without sockets to be had, the thread leaves after its next request.
    }
  }
}
