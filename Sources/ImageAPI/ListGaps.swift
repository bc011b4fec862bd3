/// What a list lacks, or may lack. Empty where all is well.
public struct ListGaps: Sendable, Hashable {
  /// How many images are left out, as they could not be read.
  public var leftOut: Int
  /// The sources whose last reading failed: their images are those of the last good one.
  public var stale: [String]

  /// What a list lacks; nothing by default.
  public init(leftOut: Int = 0, stale: [String] = []) {
    self.leftOut = leftOut
    self.stale = stale
  }

  /// Whether the list is whole.
  public var isEmpty: Bool { leftOut == 0 && stale.isEmpty }
}
