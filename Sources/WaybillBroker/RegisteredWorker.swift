/// A worker as the broker's socket knows it.
final class RegisteredWorker {
  let ticket: Handle
  /// What the ROUTER calls it.
  let identity: [UInt8]
  /// Its IP address; nil over a transport that has none.
  let address: String?

  init(_ ticket: Handle, identity: [UInt8], address: String?) {
    self.ticket = ticket
    self.identity = identity
    self.address = address
  }
}
