internal import Concurrency
internal import ImageAPI
internal import MessagePack

/// The names of a cluster's nodes, encoded and in order. They are worked out when somebody asks, once for each set of nodes.
final class NodeNames: Sendable {
  struct Table: Sendable {
    /// The numbers of the nodes in the order of their names.
    let order: [UInt32]
    /// The places of the nodes in that order, by their numbers.
    let ranks: [UInt32]
    /// The names as MessagePack, one after the other.
    let bytes: PackedBytes
    /// Where each name ends.
    let ends: [Int]
    /// How many bytes the longest has.
    let longest: Int

    /// As many bytes as the names of so many nodes have at most.
    func byteCount(ofNodes count: Int) -> Int { min(bytes.count, count * longest) }
  }

  private let made = Lock<Table?>(nil)

  func table(of holdings: Holdings) -> Table {
    made.withLock { made in
      if let made { return made }
      let table = Table(of: holdings)
      made = table
      return table
    }
  }
}

extension NodeNames.Table {
  fileprivate init(of holdings: Holdings) {
    order = holdings.order
    var ranks = [UInt32](repeating: 0, count: Int(order.max() ?? 0) + 1)
    var ends: [Int] = []
    ends.reserveCapacity(order.count)
    var packer = Packer(capacity: 32 * (order.count + 1))
    var longest = 0
    for (rank, number) in order.enumerated() {
      ranks[Int(number)] = UInt32(rank)
      let start = packer.count
      packer.pack(holdings.nodes[number]?.name ?? "")
      longest = max(longest, packer.count - start)
      ends.append(packer.count)
    }
    (self.ranks, self.ends, self.longest, bytes) = (ranks, ends, longest, packer.finish())
  }

  /// Gives the places of some nodes, in the order of their names, in runs of neighbours.
  func forEachRun(of set: NodeSet, _ body: (Range<Int>) -> Void) {
    guard set.count > 0 else { return }
    guard set.count < order.count else { return body(0..<order.count) }
    guard set.count > Self.few else {
      var own: [UInt32] = []
      own.reserveCapacity(set.count)
      set.forEach { own.append(ranks[Int($0)]) }
      own.sort()
      for rank in own { body(Int(rank)..<Int(rank) + 1) }
      return
    }
    // The last bit is none's, so that each run has an end.
    var bits = [UInt64](repeating: 0, count: order.count / 64 + 1)
    set.forEach { number in
      let rank = Int(ranks[Int(number)])
      bits[rank >> 6] |= 1 << UInt64(rank & 63)
    }
    Self.forEachRun(of: bits, body)
  }

  /// As many places are sorted rather than noted as bits.
  private static let few = 64

  private static func forEachRun(of bits: [UInt64], _ body: (Range<Int>) -> Void) {
    var start: Int?
    for (index, word) in bits.enumerated() {
      var position = 0
      while position < 64 {
        let rest = word >> UInt64(position)
        let length = min(64 - position, start == nil ? rest.trailingZeroBitCount : (~rest).trailingZeroBitCount)
        position += length
        guard position < 64 else { break }
        if let first = start.take() { body(first..<index << 6 + position) } else { start = index << 6 + position }
      }
    }
  }

  /// The bytes of neighbouring names.
  func range(of ranks: Range<Int>) -> Range<Int> {
    (ranks.lowerBound == 0 ? 0 : ends[ranks.lowerBound - 1])..<ends[ranks.upperBound - 1]
  }
}
