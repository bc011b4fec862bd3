package import ImageAPI

/// Everything that one reading of a source found.
package struct Inventory: Sendable, Hashable {
  /// The images in the order of their ids: one entry for each id, the names united.
  package var images: [Image]
  /// The images that are in the store but could not be read, in the order of the store.
  package var leftOut: [SkippedImage]

  /// An inventory of `images`, which must be in the order of their ids and have each id once.
  package init(images: [Image] = [], leftOut: [SkippedImage] = []) {
    self.images = images
    self.leftOut = leftOut
  }
}
