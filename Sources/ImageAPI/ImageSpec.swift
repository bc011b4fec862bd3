/// CRI's `runtime.v1.ImageSpec`: how somebody names an image.
public struct ImageSpec: Sendable, Hashable {
  /// A reference or an id.
  public var image: String
  /// Key-value pairs that belong to the specification.
  public var annotations: [String: String]
  /// The name that a user wrote, before anything resolved it.
  public var userSpecifiedImage: String
  /// The runtime handler that the image was pulled for.
  public var runtimeHandler: String
  /// The runtime's own reference of the image.
  public var imageRef: String

  /// A specification of `image`, the rest empty.
  public init(
    image: String = "",
    annotations: [String: String] = [:],
    userSpecifiedImage: String = "",
    runtimeHandler: String = "",
    imageRef: String = ""
  ) {
    self.image = image
    self.annotations = annotations
    self.userSpecifiedImage = userSpecifiedImage
    self.runtimeHandler = runtimeHandler
    self.imageRef = imageRef
  }
}
