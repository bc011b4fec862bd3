internal import Foundation
package import ImageAPI
package import ImageRegistry
import ImageWire
package import MessagePack
internal import Synchronization
internal import Testing
package import ZeroMQ

extension Digest {
  /// The digest whose digits are this number.
  package init(_ number: UInt64) { self.init(words: (number << 48, 0, 0, number)) }
}

/// A registry of one source that was read and holds images with these names.
package func registry(of names: [String]) -> ImageRegistry {
  let registry = ImageRegistry(sources: ["oci:/srv"])
  registry.replaceContents(ofSource: 0, with: images(names))
  return registry
}

package func images(_ names: [String]) -> [Image] {
  names.enumerated().map { Image(id: Digest(UInt64($0.offset + 1)), repoTags: [$0.element]) }
}

package func packed(_ write: (inout Packer) -> Void) -> [UInt8] {
  var packer = Packer()
  write(&packer)
  return packer.withBytes { Array($0) }
}

/// A whole reply that lists images with these names.
package func listReply(_ names: [String], etag: String = "e") -> [UInt8] {
  packed { packer in
    packer.beginImageList(count: names.count)
    for image in images(names) { packer.pack(image) }
    packer.endImageList(etag: etag)
  }
}

package func errorReply(_ code: StatusCode, _ message: String) -> [UInt8] {
  packed { $0.pack(APIError(code, message), in: .plain) }
}

extension ListImagesReply {
  /// The first names of the images listed.
  package var names: [String] {
    guard case .images(let list) = self else { return [] }
    return list.images.map { $0.repoTags.first ?? "" }
  }
}

extension Array where Element == UInt8 {
  package init(_ bytes: RawSpan) {
    self = bytes.withUnsafeBytes { [UInt8]($0) }
  }
}

extension Message {
  package var bytes: [UInt8] { withBytes { Array($0) } }
}

/// Runs what blocks on a plain thread: the pool that runs the tests, and the services in them, has a thread for each
/// core only.
package func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
  }
}

/// Looks every few milliseconds whether `condition` holds, for at most a minute: the tests that reckon keep the pool's
/// threads busy, and a service begins when it gets one.
package func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < deadline {
    if try condition() { return true }
    Thread.sleep(forTimeInterval: 0.002)
  }
  return try condition()
}

/// An `ipc://` endpoint that no other test has.
package func uniqueIPCEndpoint() -> String {
  "ipc://\(NSTemporaryDirectory())/waybill-\(UUID().uuidString.prefix(8))"
}

/// A REQ socket that hangs no test.
package func openRequester(_ endpoint: String, timeout: Duration = .seconds(10)) throws(ZeroMQError) -> Socket {
  let socket = try Socket(.req, in: Context())
  try socket.set(.linger, to: .zero)
  try socket.set(.receiveTimeout, to: timeout)
  try socket.set(.ipv6, to: true)
  try socket.connect(endpoint)
  return socket
}
