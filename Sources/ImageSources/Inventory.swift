internal import FileReading
package import ImageAPI

/// Everything that one reading of a source found.
package struct Inventory: Sendable, Hashable {
  /// The images in any order. One id may stand there several times, with different names: the registry unites them.
  package var images: [Image]
  /// The images that are in the store but could not be read, in the order of the store.
  package var leftOut: [SkippedImage]
  /// How many of them a second try may find readable, though their files stay as they are.
  private(set) var unreadable = 0
  /// What is in the store and no image: artifacts, attestations, lists that a tool keeps for itself.
  package var passedOver = 0
  /// Images that an index names and that are not in the store, which is legal: the other platforms of an image.
  package var absent = 0

  /// The first fault that kept the reading from what an image is now: what it was before is listed.
  private(set) var outdated: SourceError?

  /// Other ids by which images are found: the digest of a configuration where that is not the image's id.
  package var aliases: [Digest: Digest] = [:]

  /// An inventory of `images`, in any order.
  package init(images: [Image] = [], leftOut: [SkippedImage] = [], outdated: SourceError? = nil) {
    self.images = images
    self.leftOut = leftOut
    self.outdated = outdated
  }

  /// Adds what is in another part of the store.
  mutating func add(_ other: Inventory) {
    images += other.images
    leftOut += other.leftOut
    unreadable += other.unreadable
    passedOver += other.passedOver
    absent += other.absent
    outdated = outdated ?? other.outdated
    aliases.merge(other.aliases) { first, _ in first }
  }

  /// Leaves out an image for what is wrong with the file at `path`.
  mutating func leaveOut(_ image: String, at path: String, _ error: ReadingError) {
    leftOut.append(SkippedImage(image, at: path, error.reason))
    if error.isTransient { unreadable += 1 }
  }

  /// Notes that an image is listed as it was before `error` kept the file at `path` from being read.
  mutating func noteOutdated(_ path: String, _ error: ReadingError) {
    outdated = outdated ?? SourceError(error, "\(path): \(error.reason); what it last held is listed")
  }

  /// The error of a store of which nothing can be read, for faults that may pass: it is not known to be empty.
  var error: SourceError? {
    guard images.isEmpty, let first = leftOut.first, unreadable == leftOut.count else { return nil }
    let subject = leftOut.count == 1 ? "its one image cannot" : "none of its \(leftOut.count) images can"
    return SourceError(.unreadable, "\(subject) be read: \(first.path): \(first.reason)")
  }

  /// What it says beside the images.
  package var withoutImages: Inventory {
    var rest = self
    rest.images = []
    return rest
  }

  /// Whether both list the same, in whatever order.
  func listsTheSame(as other: Inventory) -> Bool {
    withoutImages == other.withoutImages
      && (images == other.images || Set(images) == Set(other.images))
  }
}
