/// The form of a request, and so of its reply.
package enum Envelope: Sendable, Hashable {
  /// A map: the request or the reply itself.
  case plain
  /// MessagePack-RPC: `[0, messageID, method, params]`, answered by `[1, messageID, error, result]`.
  case rpc(messageID: UInt32)
}
