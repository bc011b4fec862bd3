/// The head of a request of RFC 9112, as far as it says what is asked for.
struct HTTPRequestHead {
  let method: String
  /// The path, without what follows a question mark.
  let path: String

  /// As many bytes as a head may have.
  static let maxBytes = 8_192

  enum Progress {
    /// The end is yet to come.
    case partial
    case whole(HTTPRequestHead)
    case wrong(HTTPReply)
  }

  /// Reads what has come of a head so far.
  static func read(_ bytes: [UInt8]) -> Progress {
    guard let end = firstBlankLine(in: bytes) else {
      return bytes.count < maxBytes
        ? .partial : .wrong(HTTPReply(.headerTooLarge, "a request's head has \(maxBytes) bytes at most"))
    }
    let line = String(decoding: bytes[..<end].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map { $0.filter { $0 != "\r" } }
    guard words.count == 3, words[2].hasPrefix("HTTP/1."), words[1].hasPrefix("/") else {
      return .wrong(HTTPReply(.badRequest, "a request begins with a method, a path and HTTP/1.1"))
    }
    return .whole(HTTPRequestHead(method: words[0], path: String(words[1].prefix { $0 != "?" })))
  }

  private static func firstBlankLine(in bytes: [UInt8]) -> Int? {
    var isBlank = false
    for (index, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "\n"):
        if isBlank { return index }
        isBlank = true
      case UInt8(ascii: "\r"): break
      default: isBlank = false
      }
    }
    return nil
  }
}
