/// 4,096 leaves in two levels of 64: as a value it is copied at once, and what of a copy is changed while nobody else holds
/// it is changed where it is.
///
/// A leaf is chosen by the leading twelve bits of a hash, so leaves in order hold hashes in order.
struct ShardTable<Leaf: Sendable>: Sendable {
  private var branches: [[Leaf]]
  /// The leaves that were changed since ``catchUp(with:)``: all of them, unless they are more than ``maxChanged``.
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

  /// Becomes equal to `newer`, which was equal to this when it caught up last.
  ///
  /// Of a few changes the leaves alone are taken over: the levels above stay two, and can be changed where they are.
  mutating func catchUp(with newer: ShardTable) {
    if newer.changed.count > Self.maxChanged {
      branches = newer.branches
    } else {
      for index in newer.changed { branches[index / Self.width][index % Self.width] = newer[index] }
    }
    changed = []
  }
}
