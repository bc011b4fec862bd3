/// What nodes hold of the images that somebody asks for.
struct LocalityScores {
  /// The bytes of the images that a node holds, by the node's number.
  private(set) var bytes: [UInt64]
  /// Which of the images it holds, a bit for each.
  private(set) var images: [UInt64]
  /// The bytes of the image that is being looked at.
  private var current: [UInt64]
  private var holders: [UInt32] = []

  init(count: Int) {
    bytes = Array(repeating: 0, count: count)
    images = bytes
    current = bytes
  }

  /// Notes that a node holds an image of a size. Of several that go by one name the largest counts.
  mutating func add(_ size: UInt64, of image: Int, to node: UInt32) {
    let bit = UInt64(1) << UInt64(image)
    if images[Int(node)] & bit == 0 {
      images[Int(node)] |= bit
      holders.append(node)
    }
    current[Int(node)] = max(current[Int(node)], size)
  }

  /// Adds up what was noted of an image.
  ///
  /// - Returns: How many nodes hold it.
  mutating func finish(_ image: Int) -> Int {
    for node in holders {
      let (sum, isOver) = bytes[Int(node)].addingReportingOverflow(current[Int(node)])
      bytes[Int(node)] = isOver ? .max : sum
      current[Int(node)] = 0
    }
    defer { holders.removeAll(keepingCapacity: true) }
    return holders.count
  }

  /// The nodes with most bytes; of those with as many, the first in `order`.
  func best(_ count: Int, in order: [UInt32]) -> [UInt32] {
    let holders = order.filter { images[Int($0)] != 0 }
    // Few are kept in order while all are looked at; sorting all of them takes longer.
    guard count < min(holders.count, Self.few) else {
      let ranked = holders.enumerated().sorted {
        (bytes[Int($1.element)], $0.offset) < (bytes[Int($0.element)], $1.offset)
      }
      return ranked.prefix(count).map(\.element)
    }
    var best: [UInt32] = []
    for node in holders {
      if best.count == count, let last = best.last, bytes[Int(last)] >= bytes[Int(node)] { continue }
      best.insert(node, at: best.partitioningIndex { bytes[Int($0)] < bytes[Int(node)] })
      if best.count > count { best.removeLast() }
    }
    return best
  }

  private static let few = 256
}
