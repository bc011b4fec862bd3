import Foundation
import Glibc
import ImageAPI
import ServiceTesting

/// A hand-made iSulad graph, every part of which can be made wrong.
final class TestGraph: Sendable {
  let folder: TestFolder
  let driver: String
  var path: String { folder.path }

  init(driver: String = "overlay") throws {
    folder = try TestFolder()
    self.driver = driver
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/storage/\(driver)-images", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/storage/\(driver)-layers", withIntermediateDirectories: true)
  }

  /// An image, of which every member can be replaced.
  struct Parts {
    /// The text of the configuration, of which the id is the digest.
    var config: String
    var names: [String] = []
    /// The digest of the manifest, as JSON.
    var digest: String?
    var layer: String?
    var size: String?
    /// The sizes of the manifest and the configuration.
    var bigData = ["manifest": 100, "config": 23]
    /// Written as it is, with a comma before it.
    var more = ""
    /// The whole file in place of what the rest says.
    var text: String?

    init(user: String = "", salt: String = "", names: [String] = []) {
      config = #"{"os":"linux","config":{"User":\#(quote(user))},"author":"\#(salt)"}"#
      self.names = names
    }

    var hex: String { String(TestLayout.digest(config).dropFirst(7)) }
    var id: Digest? { Digest(hex) }

    /// The `images.json`.
    var json: String {
      if let text { return text }
      var members = [
        #""id":"\#(hex)""#, #""names":[\#(names.map(quote).joined(separator: ","))]"#, #""metadata":"{}""#,
        #""big-data-names":["manifest","sha256:\#(hex)"]"#,
        #""big-data-sizes":{"manifest":\#(bigData["manifest"] ?? 0),"sha256:\#(hex)":\#(bigData["config"] ?? 0)}"#,
        #""created":"2019-04-02T14:17:46.123456789Z""#,
      ]
      if let digest { members.append(#""digest":"\#(digest)""#) }
      if let layer { members.append(#""layer":"\#(layer)""#) }
      if let size { members.append(#""size":\#(size)"#) }
      return "{\(members.joined(separator: ","))\(more)}"
    }
  }

  func imageFolder(_ hex: String) -> String { "storage/\(driver)-images/\(hex)" }
  func file(_ hex: String) -> String { imageFolder(hex) + "/images.json" }

  func configFile(_ hex: String) -> String {
    "\(imageFolder(hex))/=\(Data("sha256:\(hex)".utf8).base64EncodedString())"
  }

  /// Writes an image in the order that iSulad has: its configuration first.
  func write(_ parts: Parts) throws {
    mkdir("\(path)/\(imageFolder(parts.hex))", 0o700)
    try folder.writeQuickly(parts.config, to: configFile(parts.hex))
    try folder.replace(file(parts.hex), with: parts.json)
  }

  /// Writes a layer and gives its id.
  @discardableResult
  func layer(_ salt: String, parent: String? = nil, size: String = "1000", id: String? = nil) throws -> String {
    let id = id ?? String(TestLayout.digest("layer \(salt)").dropFirst(7))
    let parent = parent.map { #","parent":"\#($0)""# } ?? ""
    mkdir("\(path)/storage/\(driver)-layers/\(id)", 0o700)
    try folder.writeQuickly(
      #"{"id":"\#(id)"\#(parent),"diff-size":\#(size),"compressed-size":7}"#, to: layerFile(id))
    return id
  }

  func layerFile(_ id: String) -> String { "storage/\(driver)-layers/\(id)/layer.json" }
}

extension TestFolder {
  /// Writes into a folder that is there: tens of thousands of files take their time otherwise.
  func writeQuickly(_ text: String, to name: String) throws {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0 else { throw POSIXError(.EIO) }
    defer { close(file) }
    var text = text
    let count = text.withUTF8 { Glibc.write(file, $0.baseAddress, $0.count) }
    guard count == text.utf8.count else { throw POSIXError(.EIO) }
  }

  /// Writes in place and in two steps, as a careless program does.
  func writeInTwo(_ text: String, to name: String) {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(file) }
    let bytes = Array(text.utf8)
    for half in [bytes[..<(bytes.count / 2)], bytes[(bytes.count / 2)...]] {
      _ = half.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    }
  }

  /// Writes beside the file and renames, as a careful program does.
  func replace(_ name: String, with text: String) throws {
    try writeQuickly(text, to: name + ".new")
    guard rename("\(path)/\(name).new", "\(path)/\(name)") == 0 else { throw POSIXError(.EIO) }
  }
}
