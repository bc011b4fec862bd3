extension ImageReference {
  /// Gives a reference as its ``description`` says it, and a text that is none as it is. Makes no text on the way.
  package static func normalise(_ text: RawSpan, _ body: (RawSpan) -> Void) {
    let bytes = Span<UInt8>(_bytes: text)
    guard !isInFull(bytes), let parts = try? ReferenceScanner.scan(bytes) else { return body(text) }
    // A constant, because memory of a size known only at run time would come from the heap.
    guard text.byteCount <= longestOnStack else {
      return body(ImageReference(parts, of: bytes).description.utf8.span.bytes)
    }
    withUnsafeTemporaryAllocation(byteCount: longestOnStack + room, alignment: 1) { memory in
      var end = 0
      parts.forEachNormalisedPiece(of: bytes) { piece in
        UnsafeMutableRawBufferPointer(rebasing: memory[end...]).copyMemory(from: piece)
        end += piece.count
      }
      body(UnsafeRawBufferPointer(rebasing: memory[..<end]).bytes)
    }
  }

  /// Whether a text, if it is a reference at all, leaves nothing out and is its own ``description``, as most names in a
  /// list are. Tells it in a fraction of the time that a look at the grammar takes.
  private static func isInFull(_ text: Span<UInt8>) -> Bool {
    guard let slash = text.firstIndex(of: UInt8(ascii: "/"), in: text.indices) else { return false }
    let rest = slash + 1..<text.count
    guard ReferenceScanner.isDomain(text, 0..<slash), !text.equals("index.docker.io", in: 0..<slash),
      !text.equals("docker.io", in: 0..<slash) || text.firstIndex(of: UInt8(ascii: "/"), in: rest) != nil
    else { return false }
    let at = text.firstIndex(of: UInt8(ascii: "@"), in: rest)
    let colon = text.firstIndex(of: UInt8(ascii: ":"), in: slash + 1..<(at ?? text.count))
    return (at == nil) != (colon == nil)
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
