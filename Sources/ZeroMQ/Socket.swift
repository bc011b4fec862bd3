internal import CZeroMQ

/// One end of any number of connections, owned by one thread at a time.
///
/// A socket is closed when its value goes away and no ``Poller`` watches it. It blocks its thread: give it a plain thread
/// of its own, never one of Swift's cooperative pool. It is not `Sendable`, as zmq_socket(3) forbids use from two threads;
/// create it on the thread that uses it, or hand it over whole, for instance inside a `Mutex<Socket?>`.
public struct Socket: ~Copyable {
  let handle: SocketHandle

  /// Opens a socket, connected to nothing yet.
  ///
  /// - Throws: `contextTerminated` after ``Context/shutdown()``, `tooManySockets` at the context's limit.
  public init(_ type: SocketType, in context: Context) throws(ZeroMQError) {
    handle = try SocketHandle(type, in: context)
  }

  init(handle: SocketHandle) {
    self.handle = handle
  }

  /// What this socket does with messages.
  public var type: SocketType { handle.type }

  /// Accepts connections at an endpoint.
  ///
  /// - Parameter endpoint: `tcp://interface:port`, `ipc://path` or `inproc://name`. `*` is any interface or any free port.
  /// - Returns: The endpoint as bound, with the port that the system chose.
  /// - Throws: `addressInUse`, `addressNotAvailable`, `permissionDenied`, `noDevice`, `notFound` (no such folder),
  ///   `protocolNotSupported` (unknown transport), `invalidArgument` (malformed endpoint).
  @discardableResult
  public func bind(_ endpoint: String) throws(ZeroMQError) -> String {
    try call(zmq_bind, "bind", endpoint)
    // An inproc name may be of any length, and comes back as it was given.
    return endpoint.hasPrefix("inproc://") ? endpoint : try lastEndpoint
  }

  /// Connects to an endpoint, which need not exist yet: libzmq goes on trying.
  ///
  /// Returns at once; a TCP failure shows in a ``Monitor`` only. Host names are looked up on each attempt.
  ///
  /// - Throws: `invalidArgument` (malformed endpoint), `protocolNotSupported` (unknown transport).
  public func connect(_ endpoint: String) throws(ZeroMQError) {
    try call(zmq_connect, "connect to", endpoint)
  }

  /// Stops accepting at an endpoint, named as ``bind(_:)`` returned it. Connections made stay.
  ///
  /// - Throws: `notFound` when it was never bound.
  public func unbind(_ endpoint: String) throws(ZeroMQError) {
    try call(zmq_unbind, "unbind", endpoint)
  }

  /// Ends the connection to an endpoint, named as it was given to ``connect(_:)``.
  ///
  /// - Throws: `notFound` when it was never connected.
  public func disconnect(_ endpoint: String) throws(ZeroMQError) {
    try call(zmq_disconnect, "disconnect from", endpoint)
  }

  /// Adds something to do right before the socket closes, on the thread that closes it. It must not use the socket.
  package func beforeClosing(_ action: @escaping () -> Void) {
    handle.beforeClosing.append(action)
  }

  /// Closes the socket now, rather than at the end of its scope. Messages already sent leave within the linger.
  public consuming func close() {}

  private func call(
    _ function: (UnsafeMutableRawPointer?, UnsafePointer<CChar>?) -> Int32, _ verb: String, _ endpoint: String
  ) throws(ZeroMQError) {
    // libzmq reads up to a NUL, and takes `-1`, `1x` and 65536 for ports: it would bind something else than was asked for.
    guard !endpoint.utf8.contains(0), !endpoint.hasPrefix("tcp://") || Self.endsInPort(endpoint) else {
      throw ZeroMQError(errno: EINVAL, operation: "\(verb) \(endpoint)")
    }
    try ZeroMQError.check(function(handle.pointer, endpoint), "\(verb) \(endpoint)")
  }

  private static func endsInPort(_ endpoint: String) -> Bool {
    let port = endpoint.split(separator: ":").last ?? ""
    return port == "*" || UInt16(port: port) != nil
  }
}

extension UInt16 {
  /// A port in digits, and nothing but digits.
  package init?(port text: Substring) {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    self.init(text)
  }
}

/// A socket belongs to one thread; see its documentation for ways to hand it over.
@available(*, unavailable)
extension Socket: Sendable {}
