internal import FoundationEssentials

/// The file of an image's big data in the folder of the image, by the rule of containers/storage.
enum BigDataFile {
  /// The file for `key`: the key itself if it is all of `.`, digits and lower-case letters, else `=` and its base64.
  ///
  /// - Returns: nil for a key of dots alone, which is no file but a folder, or one whose base64 has a slash, which the
  ///   owners of such stores cannot write either.
  static func name(_ key: String) -> String? {
    let isPlain = key.utf8.allSatisfy { byte in
      byte == UInt8(ascii: ".") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
    }
    let name = isPlain ? key : "=" + Data(key.utf8).base64EncodedString()
    return name.utf8.contains(UInt8(ascii: "/")) || name.allSatisfy { $0 == "." } ? nil : name
  }
}
