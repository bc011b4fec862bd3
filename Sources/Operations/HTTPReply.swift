internal import Foundation

/// What is answered over HTTP.
package struct HTTPReply: Sendable {
  package enum Status: Int, Sendable {
    case ok = 200
    case badRequest = 400
    case notFound = 404
    case methodNotAllowed = 405
    case requestTimeout = 408
    case headerTooLarge = 431
    case unavailable = 503

    var reason: String {
      switch self {
      case .ok: "OK"
      case .badRequest: "Bad Request"
      case .notFound: "Not Found"
      case .methodNotAllowed: "Method Not Allowed"
      case .requestTimeout: "Request Timeout"
      case .headerTooLarge: "Request Header Fields Too Large"
      case .unavailable: "Service Unavailable"
      }
    }
  }

  package enum ContentType: String, Sendable {
    case text = "text/plain; charset=utf-8"
    case metrics = "text/plain; version=0.0.4; charset=utf-8"
    case json = "application/json"
    case html = "text/html; charset=utf-8"
  }

  package let status: Status
  package let type: ContentType
  package let body: String

  package init(_ status: Status = .ok, _ type: ContentType, _ body: String) {
    self.status = status
    self.type = type
    self.body = body
  }

  init(_ status: Status, _ message: String) {
    self.init(status, .text, message + "\n")
  }

  /// The bytes of the whole reply; without its body for HEAD.
  func bytes(isHead: Bool) -> [UInt8] {
    var head = "HTTP/1.1 \(status.rawValue) \(status.reason)\r\nContent-Type: \(type.rawValue)\r\n"
    head += "Content-Length: \(body.utf8.count)\r\nConnection: close\r\nCache-Control: no-store\r\n"
    head += "X-Content-Type-Options: nosniff\r\n"
    // The page has its style in itself, and nothing else.
    if type == .html { head += "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n" }
    if status == .methodNotAllowed { head += "Allow: GET, HEAD\r\n" }
    return Array("\(head)\r\n\(isHead ? "" : body)".utf8)
  }
}
