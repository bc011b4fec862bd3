internal import ImageAPI

/// Which numbers the nodes and the variants of images have. Only the writer knows.
struct HoldingNumbers {
  /// Numbers to give out: those that were given back, and the first that nobody ever had.
  struct Pool {
    private var free: [UInt32] = []
    private var next: UInt32 = 0

    mutating func take() -> UInt32 {
      if let number = free.popLast() { return number }
      defer { next += 1 }
      return next
    }

    mutating func giveBack(_ number: UInt32) { free.append(number) }
  }

  var nodes = Pool()
  var variants = Pool()
  /// The numbers of the variants, by the digests of their bytes.
  var byDigest: [Digest: UInt32] = [:]
  /// The nodes that went, the first to go first. Some may have come back.
  var gone: [(node: UInt32, since: ContinuousClock.Instant)] = []
}
