import CurveSecurity
import Foundation
import ServiceTesting
import Synchronization
import WaybillServer
import ZeroMQ

/// Clients and workers on threads of their own, which go on until the test lets them end.
final class Peers: Sendable {
  private let isOver = Atomic(false)
  private let running = Atomic(0)
  private let failures = Atomic(0)

  /// How many threads ended by an error.
  var failed: Int { failures.load(ordering: .relaxed) }

  /// Runs `turn` again and again.
  ///
  /// - Parameters:
  ///   - open: Makes what the thread uses.
  ///   - turn: Must return within a second or so.
  func start<Peer: ~Copyable>(
    _ open: @escaping @Sendable () throws -> Peer, _ turn: @escaping @Sendable (borrowing Peer) throws -> Void
  ) {
    running.add(1, ordering: .relaxed)
    Thread.detachNewThread { [self] in
      do {
        let peer = try open()
        while !isOver.load(ordering: .relaxed) { try turn(peer) }
      } catch {
        failures.add(1, ordering: .relaxed)
      }
      running.subtract(1, ordering: .relaxed)
    }
  }

  /// Lets all threads end.
  func end() {
    isOver.store(true, ordering: .relaxed)
    _ = eventually { running.load(ordering: .relaxed) == 0 }
  }
}

/// A DEALER that hangs no test.
func openDealer(
  _ endpoint: String, receiveHighWaterMark: Int? = nil, as security: ClientSecurity = .none
) throws(ZeroMQError) -> Socket {
  let socket = try Socket(.dealer, in: Context())
  try socket.set(.linger, to: .zero)
  try socket.set(.receiveTimeout, to: .seconds(10))
  try socket.set(.sendTimeout, to: .milliseconds(100))
  if let receiveHighWaterMark { try socket.set(.receiveHighWaterMark, to: receiveHighWaterMark) }
  let serverKey = try? security.serverKeys().first
  try security.apply(to: socket, serverKey: serverKey ?? nil)
  try socket.connect(endpoint)
  return socket
}

extension Socket {
  /// Sends a message of several parts when there is room for it.
  ///
  /// - Returns: Whether there was.
  func sendIfReady(parts: [[UInt8]]) throws(ZeroMQError) -> Bool {
    var message = MultipartMessage()
    for part in parts { try message.append(part) }
    return try sendIfReady(&message)
  }
}
