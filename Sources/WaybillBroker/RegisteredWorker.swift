internal import Diagnostics
internal import Logging

/// A worker as the broker's socket and log know it.
final class RegisteredWorker {
  /// What the ROUTER calls it.
  let identity: [UInt8]
  /// What the log calls it as long as it is in the pool.
  let name: String
  /// Its IP address; nil over a transport that has none.
  let address: String?
  /// Its CURVE key; nil where there are no keys.
  private let key: String?
  let joined = ContinuousClock.now
  /// How many requests it has answered.
  var answered = 0

  /// - Parameters:
  ///   - identity: What the ROUTER calls it.
  ///   - number: How many workers had joined before it.
  ///   - address: Its IP address.
  ///   - key: Its CURVE key.
  init(identity: [UInt8], number: Int, address: String?, key: String?) {
    self.identity = identity
    self.address = address
    self.key = key
    // The first byte is 0 where the ROUTER made the identity up.
    name = identity.first == 0 ? "#\(number)" : String(decoding: identity, as: UTF8.self).escaped
  }

  var metadata: Logger.Metadata {
    var metadata: Logger.Metadata = [LogKey.worker: "\(name)", LogKey.address: "\(address ?? "local")"]
    if let key { metadata[LogKey.key] = "\(key)" }
    return metadata
  }
}
