package import ImageAPI

/// Everything that one reading of a source found.
package struct Inventory: Sendable, Hashable {
  /// The images in any order. One id may stand there several times, with different names: the registry unites them.
  package var images: [Image]
  /// The images that are in the store but could not be read, in the order of the store.
  package var leftOut: [SkippedImage]

  /// An inventory of `images`, in any order.
  package init(images: [Image] = [], leftOut: [SkippedImage] = []) {
    self.images = images
    self.leftOut = leftOut
  }

  /// Whether both list the same, in whatever order.
  func listsTheSame(as other: Inventory) -> Bool {
    leftOut == other.leftOut && (images == other.images || Set(images) == Set(other.images))
  }
}
