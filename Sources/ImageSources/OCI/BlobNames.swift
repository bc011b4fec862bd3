internal import ImageAPI

/// Which files the folders of blobs hold. Those of SHA-256, which are almost all, take no text.
struct BlobNames: Sendable {
  private var digests: Set<Digest> = []
  private var others: Set<String> = []

  mutating func insert(_ name: String) {
    if let digest = Digest(name) { digests.insert(digest) } else { others.insert(name) }
  }

  func contains(_ digest: Digest) -> Bool { digests.contains(digest) }

  func contains(_ name: String) -> Bool { Digest(name).map(digests.contains) ?? others.contains(name) }

  func contains(_ digest: BlobDigest) -> Bool {
    switch digest {
    case .sha256(let digest): digests.contains(digest)
    case .sha512(let hex): others.contains(hex)
    case .unsupported: false
    }
  }
}
