/// The keys of log metadata.
enum LogKey {
  static let added = "added"
  static let address = "address"
  static let changed = "changed"
  static let endpoint = "endpoint"
  static let error = "error"
  static let image = "image"
  static let images = "images"
  static let key = "key"
  static let keys = "keys"
  static let leftOut = "left_out"
  static let path = "path"
  static let progress = "progress"
  static let reason = "reason"
  static let refused = "refused"
  static let removed = "removed"
  static let source = "source"
}
