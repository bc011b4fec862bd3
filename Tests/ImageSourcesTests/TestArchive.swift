import Foundation

/// A hand-made tar archive, every part of which can be made wrong.
struct TestArchive {
  static let config = #"{"os":"linux","config":{"User":"1000:1000"}}"#
  /// The name that Docker and Skopeo give ``config``.
  static let configName = String(TestLayout.digest(config).dropFirst(7)) + ".json"

  private(set) var bytes = Data()

  /// An archive of these entries of `manifest.json`, ``config``, and one layer of 2,000 bytes called `layer.tar`.
  init(_ entries: [String], more: (inout TestArchive) -> Void = { _ in }) {
    add("layer.tar", String(repeating: "l", count: 2_000))
    add(Self.configName, Self.config)
    more(&self)
    add("manifest.json", "[\(entries.joined(separator: ","))]")
    end()
  }

  /// An archive of what `body` adds.
  init(_ body: (inout TestArchive) -> Void) {
    body(&self)
    end()
  }

  /// An entry of `manifest.json`.
  static func entry(_ names: [String], config: String = configName, layers: [String] = ["layer.tar"]) -> String {
    let list: ([String]) -> String = { "[\($0.map(quote).joined(separator: ","))]" }
    return #"{"Config":\#(quote(config)),"RepoTags":\#(list(names)),"Layers":\#(list(layers))}"#
  }

  /// Adds a file; a name of more than 100 bytes is GNU's or POSIX's way to write a long one.
  mutating func add(_ name: String, _ text: String, posix: Bool = false) {
    addHeader(name, type: "0", size: text.utf8.count, posix: posix)
    addPadded(Data(text.utf8))
  }

  /// Adds a symbolic link (`2`) or a hard link (`1`).
  mutating func add(_ name: String, linkTo target: String, type: Character = "2") {
    addHeader(name, type: type, size: 0, target: target)
  }

  /// Adds what begins with a header of this type.
  mutating func addHeader(
    _ name: String, type: Character, size: Int, target: String = "", posix: Bool = false,
    change: (inout [UInt8]) -> Void = { _ in }
  ) {
    if name.utf8.count > 100 {
      let long = posix ? Self.record("path=\(name)") : "\(name)\0"
      addHeader("././@LongLink", type: posix ? "x" : "L", size: long.utf8.count)
      addPadded(Data(long.utf8))
    }
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    put(String(name.prefix(100)), at: 0)
    put("0000644\0" + "0000000\0" + "0000000\0" + Self.octal(size, 11) + "\0" + Self.octal(0, 11) + "\0", at: 100)
    put(String(repeating: " ", count: 8) + "\(type)\(target)", at: 148)
    put("ustar\000", at: 257)
    change(&header)
    put(Self.octal(header.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
    bytes += header
  }

  private mutating func addPadded(_ data: Data) {
    bytes += data + Data(count: (512 - data.count % 512) % 512)
  }

  private mutating func end() { bytes += Data(count: 1_024) }

  private static func octal(_ number: Int, _ width: Int) -> String {
    let digits = String(number, radix: 8)
    return String(repeating: "0", count: width - digits.count) + digits
  }

  /// A record of a POSIX header, which begins with its own length.
  private static func record(_ text: String) -> String {
    var length = text.utf8.count + 3
    while "\(length) \(text)\n".utf8.count != length { length += 1 }
    return "\(length) \(text)\n"
  }
}
