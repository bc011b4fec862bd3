internal import Concurrency
internal import Connections
internal import Glibc
internal import Synchronization

/// Answers GET and HEAD over HTTP/1.1, for a few who watch a service, on one thread.
///
/// Whoever connects is a stranger. A head has ``HTTPRequestHead/maxBytes`` at most and has to come in ``patience``, a reply
/// has to be read in that time, and there are ``maxConnections``: one more takes the place of the one that has been there
/// longest. So neither slow nor many connections keep others out for long, and none takes memory to speak of.
package final class HTTPServer: Sendable {
  /// Where it listens: an address in digits, and the port.
  package let address: String
  private let listener: CInt
  private let isStopping = Atomic(false)
  private let answer: @Sendable (_ path: String) -> HTTPReply?

  static let maxConnections = 64
  /// How long a request may take to come, and a reply to be read.
  static let patience = Duration.seconds(5)
  /// How long the thread waits before it looks whether it is to stop.
  private static let checkInterval = Duration.milliseconds(100)

  /// Listens at an address.
  ///
  /// - Parameters:
  ///   - host: A name, an address in digits without brackets, or `*` for every interface.
  ///   - port: The port; `0` for any that is free.
  ///   - answer: Gives the reply for a path; nil for one that is not there. It is called on the server's thread.
  /// - Throws: ``HTTPServerError``.
  package init(
    host: String, port: String, _ answer: @escaping @Sendable (_ path: String) -> HTTPReply?
  ) throws(HTTPServerError) {
    self.answer = answer
    (listener, address) = try Self.listen(host, port)
  }

  /// Serves until ``stop()``, on a thread of its own, and closes everything.
  package func run() async {
    await NamedThread.run("waybill-admin") { [self] in serve() }
  }

  /// Ends ``run()`` soon. May be called from any thread.
  package func stop() {
    isStopping.store(true, ordering: .relaxed)
  }

  private func serve() {
    var connections: [HTTPConnection] = []
    while !isStopping.load(ordering: .relaxed) {
      var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
      polled += connections.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
      poll(&polled, nfds_t(polled.count), Int32(Self.checkInterval.components.attoseconds / 1_000_000_000_000_000))
      let now = ContinuousClock.now
      for index in connections.indices where polled[index + 1].revents != 0 { connections[index].proceed(answer) }
      connections.removeAll { $0.closeIfOver(at: now) }
      if polled[0].revents != 0 { accept(into: &connections, at: now) }
    }
    for connection in connections { close(connection.descriptor) }
    close(listener)
  }

  private func accept(into connections: inout [HTTPConnection], at now: ContinuousClock.Instant) {
    for _ in 0..<Self.maxConnections {
      let descriptor = Glibc.accept(listener, nil, nil)
      guard descriptor >= 0 else {
        // Without descriptors the listener stays readable, and the thread would turn as fast as it can.
        if errno == EMFILE || errno == ENFILE || errno == ENOMEM { usleep(50_000) }
        return
      }
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      if connections.count == Self.maxConnections { close(connections.removeFirst().descriptor) }
      connections.append(HTTPConnection(descriptor: descriptor, deadline: now + Self.patience))
    }
  }

  private static func listen(_ host: String, _ port: String) throws(HTTPServerError) -> (CInt, String) {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE
    var first: UnsafeMutablePointer<addrinfo>?
    let failure = getaddrinfo(host == "*" ? nil : host, port, &hints, &first)
    guard failure == 0, let first else {
      throw HTTPServerError(code: EADDRNOTAVAIL, reason: String(cString: gai_strerror(failure)))
    }
    defer { freeaddrinfo(first) }
    // Of every interface that is IPv6's, which takes IPv4 too; of a name the one that the system gives first.
    let entry = sequence(first: first) { $0.pointee.ai_next }.first { host != "*" || $0.pointee.ai_family == AF_INET6 }
    let address = (entry ?? first).pointee
    let type = address.ai_socktype | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.ai_family, type, 0)
    guard descriptor >= 0 else { throw HTTPServerError(code: errno) }
    var (yes, no): (CInt, CInt) = (1, 0)
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
    if address.ai_family == AF_INET6 {
      setsockopt(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &no, socklen_t(MemoryLayout<CInt>.size))
    }
    guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, Glibc.listen(descriptor, 128) == 0 else {
      let code = errno
      close(descriptor)
      throw HTTPServerError(code: code)
    }
    return (descriptor, name(of: descriptor))
  }

  /// Where a socket listens, in digits.
  private static func name(of descriptor: CInt) -> String {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let name = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        getsockname(descriptor, address, &length)
        return numericName(of: address, length)
      }
    }
    guard let name else { return "" }
    return "\(name.host.contains(":") ? "[\(name.host)]" : name.host):\(name.port)"
  }
}

/// Why nobody can listen at an address.
package struct HTTPServerError: Error, CustomStringConvertible {
  /// What the system says, an error of errno(3).
  package let code: CInt
  package let description: String

  init(code: CInt, reason: String? = nil) {
    self.code = code
    description = reason ?? String(cString: strerror(code))
  }
}
