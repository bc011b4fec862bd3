internal import Glibc

/// Asks an ``HTTPServer``, on the thread that calls.
package enum HTTPClient {
  /// As many bytes as a reply may have.
  static let maxBytes = 16 << 20

  /// Gets what is at a path.
  ///
  /// - Parameters:
  ///   - path: The path.
  ///   - host: A name, or an address in digits without brackets.
  ///   - port: The port.
  ///   - seconds: How long to wait, for each step.
  /// - Returns: The status of HTTP, and the body.
  /// - Throws: ``HTTPServerError`` when nobody answers, or not by HTTP.
  package static func get(
    _ path: String, from host: String, port: String, waitingAtMost seconds: Double
  ) throws(HTTPServerError) -> (status: Int, body: String) {
    let descriptor = try connect(host, port, seconds)
    defer { close(descriptor) }
    let request = Array("GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
    guard send(descriptor, request, request.count, CInt(MSG_NOSIGNAL)) == request.count else {
      throw HTTPServerError(code: errno)
    }
    var reply: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count >= 0 else { throw HTTPServerError(code: errno == EAGAIN ? ETIMEDOUT : errno) }
      guard count > 0 else { break }
      reply += chunk[..<count]
      guard reply.count <= maxBytes else { throw HTTPServerError(code: EMSGSIZE) }
    }
    return try parse(String(decoding: reply, as: UTF8.self))
  }

  private static func parse(_ reply: String) throws(HTTPServerError) -> (status: Int, body: String) {
    let text = reply.replacing("\r\n", with: "\n")
    guard text.hasPrefix("HTTP/1."), let end = text.firstRange(of: "\n\n"),
      let status = text.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap({ Int($0.prefix(3)) })
    else { throw HTTPServerError(code: EPROTO, reason: "what answers there does not speak HTTP") }
    return (status, String(text[end.upperBound...]))
  }

  private static func connect(_ host: String, _ port: String, _ seconds: Double) throws(HTTPServerError) -> CInt {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    let failure = getaddrinfo(host, port, &hints, &first)
    guard failure == 0 else {
      throw HTTPServerError(code: EADDRNOTAVAIL, reason: String(cString: gai_strerror(failure)))
    }
    defer { freeaddrinfo(first) }
    var code = EADDRNOTAVAIL
    for case let entry? in sequence(first: first, next: { $0?.pointee.ai_next }) {
      let address = entry.pointee
      let descriptor = socket(address.ai_family, address.ai_socktype | CInt(SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { throw HTTPServerError(code: errno) }
      // Linux waits for a connection as long as for a send.
      var time = timeval(tv_sec: Int(seconds), tv_usec: Int(seconds.truncatingRemainder(dividingBy: 1) * 1e6))
      for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
        setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
      }
      if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return descriptor }
      code = errno == EINPROGRESS ? ETIMEDOUT : errno
      close(descriptor)
    }
    throw HTTPServerError(code: code)
  }
}
