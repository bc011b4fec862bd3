/// 4,096 leaves in three levels of 16: as a value it is copied at once, and changing one leaf of a copy copies 48
/// references, not 4,096.
///
/// A leaf is chosen by the leading twelve bits of a hash, so leaves in order hold hashes in order.
struct Fanout<Leaf: Sendable>: Sendable {
  private var branches: [[[Leaf]]]

  static var count: Int { 4_096 }
  private static var width: Int { 16 }

  init(repeating leaf: Leaf) {
    let leaves = Array(repeating: leaf, count: Self.width)
    branches = Array(repeating: Array(repeating: leaves, count: Self.width), count: Self.width)
  }

  static func index(of leadingWord: UInt64) -> Int { Int(leadingWord >> 52) }

  subscript(index: Int) -> Leaf {
    get { branches[index >> 8][index >> 4 & 15][index & 15] }
    _modify { yield &branches[index >> 8][index >> 4 & 15][index & 15] }
  }
}
