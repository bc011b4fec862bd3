import Foundation
import Synchronization
import Testing
import ZeroMQ

/// A socket that can hang neither a test nor the end of its context.
func open(_ type: SocketType, in context: Context) throws(ZeroMQError) -> Socket {
  let socket = try Socket(type, in: context)
  try socket.set(.linger, to: .zero)
  try socket.set(.receiveTimeout, to: .seconds(10))
  try socket.set(.sendTimeout, to: .seconds(10))
  return socket
}

extension Message {
  var bytes: [UInt8] {
    withBytes { (span) in span.withUnsafeBytes { Array($0) } }
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension MultipartMessage {
  var texts: [String] {
    (0..<count).map { index in
      withFrame(index) { (span) in span.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
    }
  }
}

extension Socket {
  func send(text: String, more: Bool = false) throws(ZeroMQError) {
    try send(Array(text.utf8), more: more)
  }

  func receiveText() throws(ZeroMQError) -> String {
    try receive().text
  }
}

/// What a plain thread came to: sockets block, and must not do so on the pool that runs the tests.
final class Background<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let finished = DispatchSemaphore(value: 0)

  init(_ body: @escaping @Sendable () throws -> Value) {
    Thread.detachNewThread { [self] in
      let outcome = Result { try body() }
      result.withLock { $0 = outcome }
      finished.signal()
    }
  }

  func value() throws -> Value {
    try #require(finished.wait(timeout: .now() + 10) == .success, "the thread did not end")
    return try #require(result.withLock { $0 }).get()
  }
}

/// Looks every millisecond whether `condition` holds, for at most ten seconds.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = ContinuousClock.now + .seconds(10)
  while ContinuousClock.now < deadline {
    if try condition() { return true }
    Thread.sleep(forTimeInterval: 0.001)
  }
  return try condition()
}

/// An `ipc://` endpoint that no other test has.
func uniqueIPCEndpoint() -> String {
  "ipc://\(NSTemporaryDirectory())/zeromq-\(UUID().uuidString.prefix(8))"
}
