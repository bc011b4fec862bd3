import Concurrency
import Foundation
import ServiceTesting
import Synchronization
import ZeroMQ

/// Answers requests as a test wants, on a thread of its own, until it goes away.
final class FakeWorker: Sendable {
  enum Answer: Sendable {
    /// One message of so many parts.
    case now([[UInt8]])
    /// Nothing, ever.
    case never
    /// Only when the next request came, and before the answer to that.
    case late([UInt8])
  }

  let endpoint = uniqueIPCEndpoint()
  private let received = Lock<[[UInt8]]>([])
  private let identities = Lock<Set<[UInt8]>>([])
  private let isStopping = Atomic(false)
  private let stopped = DispatchSemaphore(value: 0)

  /// The requests that came, in order.
  var requests: [[UInt8]] { received.withLock { $0 } }

  /// How many connections requests came by.
  var clients: Int { identities.withLock { $0.count } }

  /// Runs `body` while a worker answers each request by what `answer` makes of its number, from 0 on.
  static func run<Value>(
    _ answer: @escaping @Sendable (Int) -> Answer, _ body: (FakeWorker) throws -> Value
  ) throws -> Value {
    let worker = FakeWorker()
    let socket = try Socket(.router, in: Context())
    try socket.set(.linger, to: .zero)
    try socket.set(.receiveTimeout, to: .milliseconds(10))
    try socket.bind(worker.endpoint)
    let box = HandOver(socket)
    Thread.detachNewThread {
      if let socket = box.take() { try? worker.serve(socket, answer) }
      worker.stopped.signal()
    }
    defer {
      worker.isStopping.store(true, ordering: .relaxed)
      worker.stopped.wait()
    }
    return try body(worker)
  }

  private func serve(_ socket: borrowing Socket, _ answer: (Int) -> Answer) throws(ZeroMQError) {
    var late: (identity: [UInt8], bytes: [UInt8])?
    while !isStopping.load(ordering: .relaxed) {
      var parts: [[UInt8]] = []
      do throws(ZeroMQError) {
        repeat { parts.append(try socket.receive().bytes) } while try socket.hasMoreParts
      } catch {
        guard error.code == .timedOut else { throw error }
        continue
      }
      let identity = parts[0]
      _ = identities.withLock { $0.insert(identity) }
      let number = received.withLock { received in
        received.append(parts[2])
        return received.count - 1
      }
      if let held = late {
        try Self.send([held.bytes], to: held.identity, on: socket)
        late = nil
      }
      switch answer(number) {
      case .now(let parts): try Self.send(parts, to: identity, on: socket)
      case .never: break
      case .late(let bytes): late = (identity, bytes)
      }
    }
  }

  private static func send(
    _ parts: [[UInt8]], to identity: [UInt8], on socket: borrowing Socket
  ) throws(ZeroMQError) {
    try socket.send(identity, more: true)
    try socket.send([], more: true)
    for (index, part) in parts.enumerated() { try socket.send(part, more: index < parts.count - 1) }
  }
}
