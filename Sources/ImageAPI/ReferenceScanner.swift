/// Takes a reference apart by the grammar of the distribution project's reference package.
struct ReferenceScanner {
  private var rest: Substring.UTF8View

  init(_ text: String) {
    rest = Substring(text).utf8
  }

  /// What in the text is not of the grammar.
  struct Failure: Error {
    let reason: String
  }

  mutating func scan() throws(Failure) -> ImageReference {
    guard !rest.isEmpty else { throw Failure(reason: "it is empty") }
    guard !(rest.count == Digest.digitCount && rest.allSatisfy(ASCII.isLowerCaseHex)) else {
      throw Failure(reason: "64 hexadecimal digits are an image's id")
    }
    let digest = cut(after: UInt8(ascii: "@"))
    let domain = takeDomain()
    let tag = cut(after: UInt8(ascii: ":"))
    try checkDomain(domain)
    let host = domain.map { String(Substring($0)) } ?? "docker.io"
    let isOfficial = host == "docker.io" && !rest.contains(UInt8(ascii: "/"))
    let prefix = isOfficial ? "library/" : ""
    try checkPath(after: prefix)
    if let tag { try checkTag(tag) }
    if let digest { try checkDigest(digest) }

    return ImageReference(
      domain: host,
      path: prefix + String(Substring(rest)),
      version: digest.map { .digest(String(Substring($0))) } ?? .tag(tag.map { String(Substring($0)) } ?? "latest"))
  }

  /// Cuts `rest` at the first `separator` and gives what followed it.
  private mutating func cut(after separator: UInt8) -> Substring.UTF8View? {
    guard let index = rest.firstIndex(of: separator) else { return nil }
    let tail = rest[rest.index(after: index)...]
    rest = rest[..<index]
    return tail
  }

  /// The first component is a domain if it has a dot, a colon or an upper-case letter, or is `localhost`;
  /// `index.docker.io`, Docker Hub's older host, is `docker.io`.
  private mutating func takeDomain() -> Substring.UTF8View? {
    guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return nil }
    let first = rest[..<slash]
    let isDomain =
      first.elementsEqual("localhost".utf8)
      || first.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") || ASCII.upperCase ~= $0 }
    guard isDomain else { return nil }
    rest = rest[rest.index(after: slash)...]
    return first.elementsEqual("index.docker.io".utf8) ? nil : first
  }

  private func checkDomain(_ domain: Substring.UTF8View?) throws(Failure) {
    guard var host = domain else { return }
    if let colon = host.lastIndex(of: UInt8(ascii: ":")), host.last != UInt8(ascii: "]") {
      let port = host[host.index(after: colon)...]
      guard !port.isEmpty, port.allSatisfy({ ASCII.digits ~= $0 }) else {
        throw Failure(reason: "\(quoted(port)) is not a port")
      }
      host = host[..<colon]
    }
    let isValid: Bool
    if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]"), host.count > 2 {
      isValid = host.dropFirst().dropLast().allSatisfy { byte in
        ASCII.digits ~= byte || byte == UInt8(ascii: ":")
          || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "F") ~= byte
      }
    } else {
      isValid = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
        guard let first = label.first, let last = label.last else { return false }
        return ASCII.isAlphanumeric(first) && ASCII.isAlphanumeric(last)
          && label.allSatisfy { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
      }
    }
    guard isValid else { throw Failure(reason: "\(quoted(host)) is not a registry's host") }
  }

  /// The limit is for the whole path, with the `library/` that was not written.
  private func checkPath(after prefix: String) throws(Failure) {
    let length = prefix.utf8.count + rest.count
    guard length <= 255 else {
      throw Failure(reason: "its repository has \(length) characters, more than 255")
    }
    for component in rest.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      guard isPathComponent(component) else {
        throw Failure(
          reason: component.isEmpty
            ? "its repository has an empty component"
            : "\(quoted(component)) is not a repository's name: lower-case letters and digits, joined by '.', '_', '__' or '-'"
        )
      }
    }
  }

  private func isPathComponent(_ component: Substring.UTF8View) -> Bool {
    var separator: [UInt8] = []
    var isAfterWord = false
    for byte in component {
      if ASCII.isLowerCaseOrDigit(byte) {
        guard separator.isEmpty || (isAfterWord && isSeparator(separator)) else { return false }
        separator.removeAll(keepingCapacity: true)
        isAfterWord = true
      } else {
        separator.append(byte)
      }
    }
    return isAfterWord && separator.isEmpty
  }

  private func isSeparator(_ bytes: [UInt8]) -> Bool {
    switch bytes.first {
    case UInt8(ascii: "."): bytes.count == 1
    case UInt8(ascii: "_"): bytes.count <= 2 && bytes.allSatisfy { $0 == UInt8(ascii: "_") }
    default: bytes.allSatisfy { $0 == UInt8(ascii: "-") }
    }
  }

  private func checkTag(_ tag: Substring.UTF8View) throws(Failure) {
    let isWord: (UInt8) -> Bool = { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    guard let first = tag.first, isWord(first), tag.count <= 128,
      tag.allSatisfy({ isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") })
    else {
      throw Failure(
        reason: "\(quoted(tag)) is not a tag: a letter, digit or '_', then at most 127 of these, '.' and '-'")
    }
  }

  private func checkDigest(_ digest: Substring.UTF8View) throws(Failure) {
    let lengths = ["sha256": 64, "sha384": 96, "sha512": 128]
    let parts = digest.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let length = lengths[String(Substring(parts[0]))],
      parts[1].count == length, parts[1].allSatisfy(ASCII.isLowerCaseHex)
    else {
      throw Failure(reason: "\(quoted(digest)) is not a digest: sha256: and 64 lower-case hexadecimal digits")
    }
  }

  private func quoted(_ bytes: Substring.UTF8View) -> String {
    ImageAPI.quoted(String(Substring(bytes)))
  }
}
