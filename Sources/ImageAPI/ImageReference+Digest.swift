internal import MessagePack

extension ImageReference {
  /// The SHA-256 of a reference's ``description``; nil when the text is no reference. Makes no text on the way.
  package static func normalisedDigest(of text: String) -> Digest? {
    let text = text.utf8.span
    guard let parts = try? ReferenceScanner.scan(text) else { return nil }
    // A constant, because memory of a size known only at run time would come from the heap.
    guard text.count <= longestOnStack else {
      return Digest(sha256Of: ImageReference(parts, of: text).description.utf8)
    }
    return withUnsafeTemporaryAllocation(byteCount: longestOnStack + room, alignment: 1) { memory in
      var output = OutputRawSpan(buffer: memory, initializedCount: 0)
      parts.writeNormalised(text, to: &output)
      return Digest(sha256Of: output.bytes)
    }
  }

  private static var longestOnStack: Int { 480 }
  /// More than all the defaults have together: `docker.io/`, `library/` and `:latest`.
  private static var room: Int { 32 }

  init(_ parts: ReferenceScanner.Parts, of text: Span<UInt8>) {
    let path = text.string(in: parts.path)
    let tag = parts.tag.map { text.string(in: $0) } ?? "latest"
    self.init(
      domain: parts.domain.map { text.string(in: $0) } ?? "docker.io",
      path: parts.isOfficial ? "library/" + path : path,
      version: parts.digest.map { .digest(text.string(in: $0)) } ?? .tag(tag))
  }
}

extension ReferenceScanner.Parts {
  /// What ``ImageReference/description`` says.
  fileprivate func writeNormalised(_ text: Span<UInt8>, to output: inout OutputRawSpan) {
    if let domain { output.append(contentsOf: text.extracting(domain).bytes) } else { output.append("docker.io") }
    output.append("/")
    if isOfficial { output.append("library/") }
    output.append(contentsOf: text.extracting(path).bytes)
    if let digest {
      output.append("@")
      output.append(contentsOf: text.extracting(digest).bytes)
    } else {
      output.append(":")
      if let tag { output.append(contentsOf: text.extracting(tag).bytes) } else { output.append("latest") }
    }
  }
}

extension OutputRawSpan {
  fileprivate mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { append(contentsOf: UnsafeRawBufferPointer($0).bytes) }
  }
}
