internal import ImageAPI

/// Which images have a name: from every normalised reference to the ids that go by it.
///
/// Several images may share a name: the platforms of a multi-platform image do, and two sources may disagree. An image
/// that has one name in several spellings has an entry for each.
struct ReferenceIndex: Sendable {
  /// Stands for a name: 160 bits of its SHA-256. Nobody can choose two names with one key, and no name is kept as text.
  struct Key: Sendable, Comparable {
    let words: (UInt64, UInt64, UInt32)

    /// The key of a name as an image or a filter has it. A name that is no reference, as an embedded image may have, is
    /// hashed as it is.
    init(of name: RawSpan) {
      let digest = ImageReference.normalisedDigest(of: Span(_bytes: name)) ?? Digest(sha256Of: name)
      words = (digest.words.0, digest.words.1, UInt32(digest.words.2 >> 32))
    }

    init(of name: String) {
      self.init(of: name.utf8.span.bytes)
    }

    init(words: (UInt64, UInt64, UInt32)) {
      self.words = words
    }

    static func == (left: Self, right: Self) -> Bool { left.words == right.words }
    static func < (left: Self, right: Self) -> Bool { left.words < right.words }
  }

  /// One name of one image, in 24 bytes.
  struct Entry: Sendable, Comparable {
    let key: Key
    /// The leading 32 bits of the image's id. Few images have the same ones.
    let id: UInt32

    /// The ids that begin as the image's does.
    var ids: ClosedRange<Digest> {
      let word = UInt64(id) << 32
      return Digest(words: (word, 0, 0, 0))...Digest(words: (word | UInt64(UInt32.max), .max, .max, .max))
    }

    static func < (left: Self, right: Self) -> Bool {
      left.key == right.key ? left.id < right.id : left.key < right.key
    }
  }

  /// A name that an image gets or loses.
  struct Edit: Sendable {
    let entry: Entry
    let isNew: Bool

    init(_ name: RawSpan, of id: Digest, isNew: Bool) {
      self.init(Entry(key: Key(of: name), id: UInt32(id.words.0 >> 32)), isNew: isNew)
    }

    init(_ entry: Entry, isNew: Bool) {
      self.entry = entry
      self.isNew = isNew
    }
  }

  private var leaves = ShardTable<ReferenceLeaf>(repeating: ReferenceLeaf())

  /// The entries of a name, in the order of their ids.
  subscript(key: Key) -> ArraySlice<Entry> {
    leaves[ShardTable<ReferenceLeaf>.index(of: key.words.0)][key]
  }

  /// Makes many changes, in any order. Each leaf is changed once.
  mutating func apply(_ edits: [Edit]) {
    let edits = edits.sorted { $0.entry < $1.entry }[...]
    edits.forEachRun(by: { ShardTable<ReferenceLeaf>.index(of: $0.entry.key.words.0) }) { leaves[$0].apply($1) }
  }

  /// As ``ShardTable/catchUp(with:)``.
  mutating func catchUp(with newer: ReferenceIndex) {
    leaves.catchUp(with: newer.leaves)
  }
}
