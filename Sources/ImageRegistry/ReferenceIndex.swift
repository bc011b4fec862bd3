import ImageAPI

/// Which images have a name: from every normalised reference to the ids that go by it.
///
/// Several images may share a name: the platforms of a multi-platform image do, and two sources may disagree.
struct ReferenceIndex: Sendable {
  /// One name of one image.
  private struct Entry: Sendable, Comparable {
    let key: Digest
    let id: Digest

    static func < (left: Self, right: Self) -> Bool { (left.key, left.id) < (right.key, right.id) }
  }

  private var leaves = Fanout<[Entry]>(repeating: [])

  /// What stands in the index for a name: its SHA-256, so that two names are the same only if they are, whoever chose
  /// them, and none is kept as text.
  static func key(of name: String) -> Digest {
    guard let reference = try? ImageReference(name) else { return key(verbatim: name) }
    return key(of: reference)
  }

  static func key(of reference: ImageReference) -> Digest { key(verbatim: reference.description) }

  /// The key of a name that is no reference, as an embedded image may have.
  static func key(verbatim name: String) -> Digest { Digest(sha256Of: name.utf8) }

  /// The ids of the images with a name, in order.
  subscript(key: Digest) -> [Digest] {
    let leaf = leaves[Fanout<[Entry]>.index(of: key.words.0)]
    let first = leaf.partitioningIndex { $0.key >= key }
    return leaf[first...].prefix { $0.key == key }.map(\.id)
  }

  mutating func insert(_ key: Digest, id: Digest) {
    let entry = Entry(key: key, id: id)
    let index = Fanout<[Entry]>.index(of: key.words.0)
    let position = leaves[index].partitioningIndex { $0 >= entry }
    leaves[index].insert(entry, at: position)
  }

  mutating func remove(_ key: Digest, id: Digest) {
    let entry = Entry(key: key, id: id)
    let index = Fanout<[Entry]>.index(of: key.words.0)
    let position = leaves[index].partitioningIndex { $0 >= entry }
    guard position < leaves[index].count, leaves[index][position] == entry else { return }
    leaves[index].remove(at: position)
  }
}

extension RandomAccessCollection where Index == Int {
  /// Where the elements begin that `belongs` holds for, in a collection that has them all at its end.
  fileprivate func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = low + (high - low) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
