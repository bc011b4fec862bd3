internal import ImageAPI

/// A name that a layout gives a manifest or an index.
///
/// It is whatever the annotation says: a full reference (`example.org/app:1.0`), a repository and tag, or, as umoci
/// writes it and Skopeo for `oci:FOLDER:TAG`, a bare word such as `latest`. A bare word is listed as it is, since a
/// layout does not say which repository it belongs to and an invented one would match nothing elsewhere. It reads as
/// any reference does, so a filter of that word finds it.
struct OCIName: Sendable {
  let text: String
  /// The name without tag and digest.
  let repository: String
  /// Whether the name is one of a digest, not of a tag.
  let hasDigest: Bool

  init(_ text: String) {
    self.text = text
    let bytes = text.utf8.span
    let end = bytes.firstIndex(of: UInt8(ascii: "@"), in: bytes.indices) ?? bytes.count
    hasDigest = end < bytes.count
    let component = (0..<end).last { bytes[$0] == UInt8(ascii: "/") } ?? 0
    repository = bytes.string(in: 0..<((component..<end).last { bytes[$0] == UInt8(ascii: ":") } ?? end))
  }

  /// What an image is called, by tag and by digest.
  struct Lists: Sendable {
    var tags: [String] = []
    var digests: [String] = []
  }

  /// Adds what an image of this name is called.
  ///
  /// - Parameters:
  ///   - lists: the image's names so far.
  ///   - manifest: the digest of the image's manifest.
  ///   - named: the digest of what has the name, the manifest's own or that of an index above it.
  func add(to lists: inout Lists, manifest: BlobDigest, named: BlobDigest) {
    if hasDigest { lists.digests.append(text) } else { lists.tags.append(text) }
    guard !repository.isEmpty else { return }
    lists.digests.append("\(repository)@\(manifest)")
    if named != manifest { lists.digests.append("\(repository)@\(named)") }
  }
}
