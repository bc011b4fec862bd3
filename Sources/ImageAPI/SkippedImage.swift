/// An image that its store names but that cannot be listed.
public struct SkippedImage: Sendable, Hashable {
  /// The image as the store names it: its name where it has one, else its digest or its place.
  public var image: String
  /// The file at fault.
  public var path: String
  /// What is wrong with the file, as a clause without a full stop.
  public var reason: String

  /// An image that is left out because of the file at `path`.
  public init(image: String, path: String, reason: String) {
    self.image = image
    self.path = path
    self.reason = reason
  }
}
