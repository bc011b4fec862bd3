/// 4,096 leaves in two levels of 64. Copying is O(1); a uniquely held leaf is mutated in place.
///
/// The leading twelve bits of a hash choose the leaf, so leaves in order hold hashes in order.
struct ShardTable<Leaf: Sendable>: Sendable {
  private var branches: [[Leaf]]
  /// The leaves that were changed since ``catchUp(with:)``. When they are more than ``maxChanged`` the rest is not noted.
  private var changed: [Int] = []

  static var count: Int { 4_096 }
  private static var width: Int { 64 }
  private static var maxChanged: Int { 64 }

  init(repeating leaf: Leaf) {
    branches = Array(repeating: Array(repeating: leaf, count: Self.width), count: Self.width)
  }

  static func index(of leadingWord: UInt64) -> Int { Int(leadingWord >> 52) }

  subscript(index: Int) -> Leaf {
    get { branches[index / Self.width][index % Self.width] }
    _modify {
      if changed.count <= Self.maxChanged { changed.append(index) }
      yield &branches[index / Self.width][index % Self.width]
    }
  }

  /// Becomes equal to `newer`, which was equal to this table when it caught up last.
  ///
  /// After a few changes only the changed leaves are taken over. The two tables then share no level above the leaves, so
  /// that each can be mutated in place.
  mutating func catchUp(with newer: ShardTable) {
    if newer.changed.count > Self.maxChanged {
      branches = newer.branches
    } else {
      for index in newer.changed { branches[index / Self.width][index % Self.width] = newer[index] }
    }
    changed = []
  }
}
