internal import Diagnostics
package import ImageAPI

extension SkippedImage {
  /// An image left out for what is wrong with the file, or what a runtime says, at `path`.
  ///
  /// All three come from the source, which may be hostile, and go to logs and terminals: what could disturb those is escaped.
  package init(_ image: String, at path: String, _ reason: String) {
    self.init(image: image.escaped, path: path.escaped, reason: reason.escaped)
  }
}
