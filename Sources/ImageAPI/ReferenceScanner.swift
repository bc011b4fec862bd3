/// Takes a reference apart by the grammar of the distribution project's reference package.
///
/// It reads bytes and returns ranges of them, so that looking up a name allocates no text.
struct ReferenceScanner {
  private var rest: Range<Int>

  /// Where the parts of a reference stand in its text.
  struct Parts {
    let domain: Domain
    let path: Range<Int>
    /// Whether the path is one of Docker Hub that leaves out `library/`.
    let isOfficial: Bool
    let tag: Range<Int>?
    let digest: Range<Int>?
  }

  enum Domain {
    /// Docker Hub, whether it is left out or has its older name.
    case dockerHub
    /// The registry's host as it is written.
    case host(Range<Int>)
    /// The first component looks like a host, is none, and is one of the path: `foo_bar.com/app`.
    case none
  }

  /// What in the text breaks the grammar, and where.
  enum ScanError: Error {
    case empty, id, emptyComponent
    case port(Range<Int>)
    case host(Range<Int>)
    case pathLength(Int)
    case component(Range<Int>)
    case tag(Range<Int>)
    case digest(Range<Int>)
  }

  static func scan(_ text: Span<UInt8>) throws(ScanError) -> Parts {
    var scanner = ReferenceScanner(rest: text.indices)
    return try scanner.scan(text)
  }

  private mutating func scan(_ text: Span<UInt8>) throws(ScanError) -> Parts {
    guard !rest.isEmpty else { throw .empty }
    guard rest.count != Digest.digitCount || !text.allSatisfy(in: rest, ASCII.isLowerCaseHex) else { throw .id }
    let digest = cut(text, after: UInt8(ascii: "@"))
    var domain = takeDomain(text)
    let tag = cut(text, after: UInt8(ascii: ":"))
    if case .host(let host) = domain, let error = hostError(text, host) {
      let whole = host.lowerBound..<rest.upperBound
      guard pathError(text, whole) == nil else { throw error }
      domain = .none
      rest = whole
    }
    let isHub =
      switch domain {
      case .dockerHub: true
      case .host(let host): text.equals("docker.io", in: host)
      case .none: false
      }
    let isOfficial = isHub && text.firstIndex(of: UInt8(ascii: "/"), in: rest) == nil
    try checkPath(text, isOfficial: isOfficial)
    if let tag { try checkTag(text, tag) }
    if let digest { try checkDigest(text, digest) }
    return Parts(domain: domain, path: rest, isOfficial: isOfficial, tag: tag, digest: digest)
  }

  /// Cuts `rest` at the first `separator` and gives what followed it.
  private mutating func cut(_ text: Span<UInt8>, after separator: UInt8) -> Range<Int>? {
    guard let index = text.firstIndex(of: separator, in: rest) else { return nil }
    defer { rest = rest.lowerBound..<index }
    return index + 1..<rest.upperBound
  }

  /// `index.docker.io`, Docker Hub's older host, is `docker.io`.
  private mutating func takeDomain(_ text: Span<UInt8>) -> Domain {
    guard let slash = text.firstIndex(of: UInt8(ascii: "/"), in: rest) else { return .dockerHub }
    let first = rest.lowerBound..<slash
    guard Self.isDomain(text, first) else { return .dockerHub }
    rest = slash + 1..<rest.upperBound
    return text.equals("index.docker.io", in: first) ? .dockerHub : .host(first)
  }

  /// Whether the first of several components is a domain: if it has a dot, a colon or an upper-case letter, or is
  /// `localhost`.
  static func isDomain(_ text: Span<UInt8>, _ first: Range<Int>) -> Bool {
    let isWord = text.allSatisfy(in: first) {
      $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: ":") && !(ASCII.upperCase ~= $0)
    }
    return !isWord || text.equals("localhost", in: first)
  }

  private func hostError(_ text: Span<UInt8>, _ domain: Range<Int>) -> ScanError? {
    var host = domain
    let isBracketed = host.last.map { text[$0] == UInt8(ascii: "]") } ?? false
    if !isBracketed, let colon = host.last(where: { text[$0] == UInt8(ascii: ":") }) {
      let port = colon + 1..<host.upperBound
      guard !port.isEmpty, text.allSatisfy(in: port, { ASCII.digits ~= $0 }) else { return .port(port) }
      host = host.lowerBound..<colon
    }
    return isAddress(text, host) || isHostName(text, host) ? nil : .host(host)
  }

  /// Whether it is an IPv6 address in brackets.
  private func isAddress(_ text: Span<UInt8>, _ host: Range<Int>) -> Bool {
    guard host.count > 2, text[host.lowerBound] == UInt8(ascii: "["), text[host.upperBound - 1] == UInt8(ascii: "]")
    else { return false }
    return text.allSatisfy(in: host.dropFirst().dropLast()) { byte in
      byte == UInt8(ascii: ":") || ASCII.isLowerCaseHex(byte) || UInt8(ascii: "A")...UInt8(ascii: "F") ~= byte
    }
  }

  private func isHostName(_ text: Span<UInt8>, _ host: Range<Int>) -> Bool {
    text.allComponents(of: host, separator: UInt8(ascii: ".")) { label in
      guard let first = label.first, let last = label.last else { return false }
      return ASCII.isAlphanumeric(text[first]) && ASCII.isAlphanumeric(text[last])
        && text.allSatisfy(in: label) { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
  }

  /// The limit is for the whole path, with the `library/` that was not written.
  private func checkPath(_ text: Span<UInt8>, isOfficial: Bool) throws(ScanError) {
    let length = rest.count + (isOfficial ? "library/".utf8.count : 0)
    guard length <= 255 else { throw .pathLength(length) }
    if let error = pathError(text, rest) { throw error }
  }

  private func pathError(_ text: Span<UInt8>, _ path: Range<Int>) -> ScanError? {
    var error: ScanError?
    _ = text.allComponents(of: path, separator: UInt8(ascii: "/")) { component in
      guard !isPathComponent(text, component) else { return true }
      error = component.isEmpty ? .emptyComponent : .component(component)
      return false
    }
    return error
  }

  /// Words of lower-case letters and digits, joined by separators.
  private func isPathComponent(_ text: Span<UInt8>, _ component: Range<Int>) -> Bool {
    var wordEnd = component.lowerBound
    for index in component where ASCII.isLowerCaseOrDigit(text[index]) {
      let separator = wordEnd..<index
      guard separator.isEmpty || (wordEnd > component.lowerBound && isSeparator(text, separator)) else { return false }
      wordEnd = index + 1
    }
    return !component.isEmpty && wordEnd == component.upperBound
  }

  private func isSeparator(_ text: Span<UInt8>, _ bytes: Range<Int>) -> Bool {
    switch text[bytes.lowerBound] {
    case UInt8(ascii: "."): bytes.count == 1
    case UInt8(ascii: "_"): bytes.count <= 2 && text.allSatisfy(in: bytes) { $0 == UInt8(ascii: "_") }
    default: text.allSatisfy(in: bytes) { $0 == UInt8(ascii: "-") }
    }
  }

  private func checkTag(_ text: Span<UInt8>, _ tag: Range<Int>) throws(ScanError) {
    let isWord: (UInt8) -> Bool = { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    guard let first = tag.first, isWord(text[first]), tag.count <= 128,
      text.allSatisfy(in: tag, { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") })
    else { throw .tag(tag) }
  }

  private func checkDigest(_ text: Span<UInt8>, _ digest: Range<Int>) throws(ScanError) {
    guard let colon = text.firstIndex(of: UInt8(ascii: ":"), in: digest) else { throw .digest(digest) }
    let algorithm = digest.lowerBound..<colon
    let digits = colon + 1..<digest.upperBound
    let isKnown =
      digits.count == 64 && text.equals("sha256", in: algorithm)
      || digits.count == 96 && text.equals("sha384", in: algorithm)
      || digits.count == 128 && text.equals("sha512", in: algorithm)
    guard isKnown, text.allSatisfy(in: digits, ASCII.isLowerCaseHex) else { throw .digest(digest) }
  }
}
