public import ImageAPI

/// Everything that one reading of a source found.
public struct Inventory: Sendable, Hashable {
  /// The images in the order of their ids: one entry for each id, the names united.
  public var images: [Image]
  /// The images that are in the store but could not be read, in the order of the store.
  public var leftOut: [LeftOut]

  /// An inventory of `images`, which must be in the order of their ids and have each id once.
  public init(images: [Image] = [], leftOut: [LeftOut] = []) {
    self.images = images
    self.leftOut = leftOut
  }
}
