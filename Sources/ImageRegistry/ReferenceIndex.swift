internal import ImageAPI

/// Which images may have a name: from every normalised reference to the ids that go by it.
///
/// Several images may share a name: the platforms of a multi-platform image do, and two sources may disagree. An image
/// that has one name in several spellings has an entry for each.
///
/// No name is kept, only 44 bits of its hash: what is found must be asked for its names, since another name may have the
/// same bits.
struct ReferenceIndex: Sendable {
  /// The hash of a name. Nobody can know which names have one hash, as each process hashes in another way.
  struct Key: Sendable, Equatable {
    fileprivate let hash: UInt64

    /// The key of a name as an image or a filter has it.
    init(of name: RawSpan) {
      var hasher = Hasher()
      ImageReference.normalise(name) { name in name.withUnsafeBytes { hasher.combine(bytes: $0) } }
      self.init(hash: UInt64(bitPattern: Int64(hasher.finalize())))
    }

    init(hash: UInt64) {
      self.hash = hash
    }
  }

  /// One name of one image, in eight bytes.
  struct Entry: Sendable, Comparable {
    /// What the key has behind the twelve bits that choose the leaf.
    let name: UInt32
    /// The leading 32 bits of the image's id. Few images have the same ones.
    let id: UInt32

    init(_ key: Key, of id: Digest) {
      name = Self.name(of: key)
      self.id = UInt32(id.words.0 >> 32)
    }

    static func name(of key: Key) -> UInt32 { UInt32(truncatingIfNeeded: key.hash >> 20) }

    /// The ids that begin as the image's does.
    var ids: ClosedRange<Digest> {
      let word = UInt64(id) << 32
      return Digest(words: (word, 0, 0, 0))...Digest(words: (word | UInt64(UInt32.max), .max, .max, .max))
    }

    static func < (left: Self, right: Self) -> Bool {
      left.name == right.name ? left.id < right.id : left.name < right.name
    }
  }

  /// A name that an image gets or loses.
  struct Edit: Sendable {
    fileprivate let leaf: UInt16
    let isNew: Bool
    let entry: Entry

    init(_ key: Key, of id: Digest, isNew: Bool) {
      leaf = UInt16(ShardTable<ReferenceLeaf>.index(of: key.hash))
      self.isNew = isNew
      entry = Entry(key, of: id)
    }
  }

  private var leaves = ShardTable<ReferenceLeaf>(repeating: ReferenceLeaf())

  /// The entries of a name, in the order of their ids.
  subscript(key: Key) -> ArraySlice<Entry> {
    leaves[ShardTable<ReferenceLeaf>.index(of: key.hash)][key]
  }

  /// Makes many changes, in any order. Each leaf is changed once.
  mutating func apply(_ edits: [Edit]) {
    let edits = edits.sorted { $0.leaf == $1.leaf ? $0.entry < $1.entry : $0.leaf < $1.leaf }[...]
    edits.forEachRun(by: { Int($0.leaf) }) { leaves[$0].apply($1) }
  }

  /// As ``ShardTable/catchUp(with:)``.
  mutating func catchUp(with newer: ReferenceIndex) {
    leaves.catchUp(with: newer.leaves)
  }
}
