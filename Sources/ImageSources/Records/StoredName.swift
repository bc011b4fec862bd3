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
    guard !hasControlCharacter(name) else {
      throw .content("its name \(quoted(name)) has a control character")
    }
    return name
  }

  /// Whether it has a character of the general category Cc. Those beyond ASCII are C2 80 to C2 9F in UTF-8.
  private static func hasControlCharacter(_ name: String) -> Bool {
    let bytes = name.utf8.span
    for index in bytes.indices {
      switch bytes[index] {
      case ..<0x20, 0x7f: return true
      case 0xc2 where bytes[index + 1] <= 0x9f: return true
      default: continue
      }
    }
    return false
  }
}
