/// 4,096 leaves in four levels of 8: as a value it is copied at once, and changing one leaf of a copy copies 32
/// references, not 4,096.
///
/// A leaf is chosen by the leading twelve bits of a hash, so leaves in order hold hashes in order. Each reference that is
/// copied is counted in the memory of what it refers to, which is in no cache for the leaves: hence no wider levels.
struct Fanout<Leaf: Sendable>: Sendable {
  private var branches: [[[[Leaf]]]]

  static var count: Int { 4_096 }
  private static var width: Int { 8 }

  init(repeating leaf: Leaf) {
    let leaves = Array(repeating: leaf, count: Self.width)
    let twigs = Array(repeating: leaves, count: Self.width)
    branches = Array(repeating: Array(repeating: twigs, count: Self.width), count: Self.width)
  }

  static func index(of leadingWord: UInt64) -> Int { Int(leadingWord >> 52) }

  subscript(index: Int) -> Leaf {
    get { branches[index >> 9][index >> 6 & 7][index >> 3 & 7][index & 7] }
    _modify { yield &branches[index >> 9][index >> 6 & 7][index >> 3 & 7][index & 7] }
  }
}
