extension ImageReference {
  /// The SHA-256 of a reference's ``description``; nil when the text is no reference. Makes no text on the way.
  package static func normalisedDigest(of text: Span<UInt8>) -> Digest? {
    guard let parts = try? ReferenceScanner.scan(text) else { return nil }
    // A constant, because memory of a size known only at run time would come from the heap.
    guard text.count <= longestOnStack else {
      return Digest(sha256Of: ImageReference(parts, of: text).description.utf8)
    }
    return withUnsafeTemporaryAllocation(byteCount: longestOnStack + room, alignment: 1) { memory in
      var end = 0
      parts.forEachNormalisedPiece(of: text) { piece in
        UnsafeMutableRawBufferPointer(rebasing: memory[end...]).copyMemory(from: piece)
        end += piece.count
      }
      return Digest(sha256Of: UnsafeRawBufferPointer(rebasing: memory[..<end]).bytes)
    }
  }

  private static var longestOnStack: Int { 480 }
  /// More than all the defaults have together: `docker.io/`, `library/` and `:latest`.
  private static var room: Int { 32 }

  init(_ parts: ReferenceScanner.Parts, of text: Span<UInt8>) {
    let path = text.string(in: parts.path)
    let tag = parts.tag.map { text.string(in: $0) } ?? "latest"
    let domain =
      switch parts.domain {
      case .dockerHub: "docker.io"
      case .host(let host): text.string(in: host)
      case .none: ""
      }
    self.init(
      domain: domain,
      path: parts.isOfficial ? "library/" + path : path,
      version: parts.digest.map { .digest(text.string(in: $0)) } ?? .tag(tag))
  }
}

extension ReferenceScanner.Parts {
  /// Gives what ``ImageReference/description`` says, piece by piece.
  fileprivate func forEachNormalisedPiece(of text: Span<UInt8>, _ body: (UnsafeRawBufferPointer) -> Void) {
    func give(_ range: Range<Int>) { text.extracting(range).withUnsafeBytes(body) }
    func give(_ constant: StaticString) { constant.withUTF8Buffer { body(UnsafeRawBufferPointer($0)) } }
    switch domain {
    case .dockerHub: give("docker.io/")
    case .host(let host):
      give(host)
      give("/")
    case .none: break
    }
    if isOfficial { give("library/") }
    give(path)
    if let digest {
      give("@")
      give(digest)
    } else {
      give(":")
      if let tag { give(tag) } else { give("latest") }
    }
  }
}
