import ImageAPI

/// Which images have a name: from every normalised reference to the ids that go by it.
///
/// Several images may share a name: the platforms of a multi-platform image do, and two sources may disagree. An image
/// that has one name in several spellings stands there as often.
struct ReferenceIndex: Sendable {
  /// One name of one image.
  struct Entry: Sendable, Comparable {
    let key: Digest
    let id: Digest

    static func < (left: Self, right: Self) -> Bool { (left.key, left.id) < (right.key, right.id) }
  }

  private var leaves = Fanout<ReferenceLeaf>(repeating: ReferenceLeaf())

  /// What stands in the index for a name: its SHA-256, so that two names are the same only if they are, whoever chose
  /// them, and none is kept as text.
  static func key(of name: String) -> Digest {
    ImageReference.normalisedDigest(of: name) ?? key(verbatim: name)
  }

  /// The key of a name that is no reference, as an embedded image may have.
  static func key(verbatim name: String) -> Digest { Digest(sha256Of: name.utf8) }

  /// The entries of a name, in the order of their ids.
  subscript(key: Digest) -> ArraySlice<Entry> {
    leaves[Fanout<ReferenceLeaf>.index(of: key.words.0)][key]
  }

  mutating func insert(_ key: Digest, id: Digest) {
    leaves[Fanout<ReferenceLeaf>.index(of: key.words.0)].insert(Entry(key: key, id: id))
  }

  mutating func remove(_ key: Digest, id: Digest) {
    leaves[Fanout<ReferenceLeaf>.index(of: key.words.0)].remove(Entry(key: key, id: id))
  }
}
