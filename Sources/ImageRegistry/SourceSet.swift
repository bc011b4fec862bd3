/// Some of the registry's sources, each by its number.
struct SourceSet: OptionSet, Sendable, Hashable {
  let rawValue: UInt64

  /// As many sources as a registry can tell apart.
  static let capacity = UInt64.bitWidth

  init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  init(source: Int) {
    rawValue = 1 << UInt64(source)
  }

  /// Their numbers, the lowest first.
  var sources: [Int] { (0..<Self.capacity).filter { contains(SourceSet(source: $0)) } }

  /// The lowest number of them.
  ///
  /// - Precondition: The set is not empty.
  var first: Int { rawValue.trailingZeroBitCount }
}
