internal import Diagnostics

/// The name of an image, as a store has it.
enum StoredName {
  /// Bytes of an image's name: the longest legal one has a host and a repository of 255 each, a tag and a digest.
  static let maximumLength = 1024

  /// The name itself, if it can be listed: a name with a line break or an escape sequence could write what it likes into
  /// a log or a terminal.
  ///
  /// - Throws: ``JSONError``, of the kind ``JSONError/Kind/content``.
  static func checked(_ name: String) throws(JSONError) -> String {
    guard name.utf8.count <= maximumLength else {
      throw .content("its name has \(name.utf8.count) bytes, more than \(maximumLength)")
    }
    // The general category Cc, without the look-up in a table that took a tenth of a large layout's reading.
    guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || 0x7f...0x9f ~= $0.value }) else {
      throw .content("its name \(quoted(name)) has a control character")
    }
    return name
  }
}
