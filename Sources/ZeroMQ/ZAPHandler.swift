/// Decides which peers may connect to the sockets of a context that are CURVE servers (RFC 27/ZAP).
///
/// A context has one at most. Without one libzmq lets in every peer that knows the server's public key, so it must be
/// there before the first socket is bound and for as long as any is: a program whose handler fails ends the context.
public struct ZAPHandler: ~Copyable {
  static let endpoint = "inproc://zeromq.zap.01"
  static let version = "1.0"

  private let socket: Socket

  /// Takes the place of the context's handler.
  ///
  /// - Parameters:
  ///   - context: The context of the sockets that are asked about.
  ///   - timeout: How long ``answer(_:)`` waits.
  /// - Throws: `addressInUse` when the context has a handler.
  public init(in context: Context, timeout: Duration) throws(ZeroMQError) {
    let socket = try Socket(.rep, in: context)
    try socket.set(.linger, to: .zero)
    try socket.set(.receiveTimeout, to: timeout)
    try socket.bind(Self.endpoint)
    self.socket = socket
  }

  /// Waits for a question and answers it. What is no question of RFC 27's is answered too, by an error.
  ///
  /// - Parameter decide: Is given each question that makes sense.
  /// - Returns: Whether there was a question within the handler's timeout.
  /// - Throws: `contextTerminated` after ``Context/shutdown()``.
  public func answer(_ decide: (ZAPRequest) -> ZAPReply) throws(ZeroMQError) -> Bool {
    var message = MultipartMessage()
    var reply = ZAPReply.fault("not a request of ZAP \(Self.version)")
    do throws(ZeroMQError) {
      try socket.receive(into: &message, maxParts: 16, maxBytes: 64 * 1024)
      if let request = ZAPRequest(message) { reply = decide(request) }
    } catch {
      switch error.code {
      case .timedOut: return false
      case .messageTooLarge: break
      default: throw error
      }
    }
    var answer = MultipartMessage()
    try answer.append(Array(Self.version.utf8))
    try answer.append(message.count > 1 ? message.bytes(1) : [])
    for text in ["\(reply.status)", reply.text, reply.userID, ""] { try answer.append(Array(text.utf8)) }
    try socket.send(answer)
    return true
  }
}

extension MultipartMessage {
  fileprivate borrowing func bytes(_ index: Int) -> [UInt8] {
    withFrame(index) { bytes in bytes.withUnsafeBytes { Array($0) } }
  }
}
