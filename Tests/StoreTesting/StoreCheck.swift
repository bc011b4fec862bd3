internal import Foundation
internal import Glibc
internal import ImageAPI
internal import ImageSources
package import WireTesting

/// A store of which one file is an input: whatever that holds, the store is read or is an error, twice alike, and what is
/// said of it harms no terminal.
package final class StoreCheck: WireCheck {
  /// Which file of which store.
  package enum Format: String, CaseIterable, Sendable {
    case index, manifest, config, records, layers, record, embedded, archive
  }

  private let format: Format
  private let folder: String
  private var checked = 0

  /// A check that keeps its store in a folder of its own, in memory where the system has such a place.
  package init(_ format: Format) {
    self.format = format
    let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
    folder = "\(parent)/waybill-\(format.rawValue)-\(UUID().uuidString.prefix(8))"
    for name in folders { try? FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: true) }
    write(#"{"imageLayoutVersion":"1.0.0"}"#, to: "oci-layout")
    for name in ["overlay-images/images.lock", "overlay-layers/layers.lock"] { write("", to: name) }
    write(Self.config, to: "blobs/sha256/\(Self.id.hex)")
    write("[]", to: "overlay-layers/layers.json")
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  private var folders: [String] {
    [
      "blobs/sha256", "overlay-images/\(Self.id.hex)", "overlay-layers", "embedded",
      "isulad/storage/overlay-images/\(Self.id.hex)", "isulad/storage/overlay-layers",
    ].map { "\(folder)/\($0)" }
  }

  package func check(_ bytes: RawSpan) throws(Violation) {
    let input = bytes.withUnsafeBytes { Array($0) }
    let blobs = arrange(input)
    defer { for blob in blobs { unlink("\(folder)/\(blob)") } }
    let first = read()
    checked += 1
    // Seldom, as it takes as long again.
    if checked % 16 == 1 {
      let second = read()
      try require(first == second, "one store is read in two ways: \(first), \(second)")
    }
    switch first {
    case .failure(let error): try checkText(error.message)
    case .success(let inventory):
      for image in inventory.leftOut {
        for text in [image.image, image.path, image.reason] { try checkText(text) }
      }
      for name in inventory.images.flatMap({ $0.repoTags + $0.repoDigests }) { try checkText(name) }
    }
  }

  private func checkText(_ text: String) throws(Violation) {
    let isHarmless = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f ~= $0.value) }
    try require(isHarmless, "a text has a control character: \(text.debugDescription)")
  }

  private func read() -> Result<Inventory, SourceError> {
    Result { () throws(SourceError) in
      var source: any ImageSource =
        switch format {
        case .index, .manifest, .config: try OCILayout(path: folder)
        case .records, .layers: try ContainersStorage(path: folder)
        case .record: try ISuladGraph(path: "\(folder)/isulad")
        case .embedded: try EmbeddedImages(path: "\(folder)/embedded")
        case .archive: try DockerArchive(path: "\(folder)/archive.tar")
        }
      return try source.read() ?? Inventory()
    }
  }
}

// MARK: - The stores

extension StoreCheck {
  private static let config = #"{"config":{"User":"1000"}}"#
  private static let id = Digest(sha256Of: config.utf8)
  private static let layer = String(repeating: "ab", count: 32)

  private static func manifest(config id: Digest, size: Int) -> String {
    #"{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(id)","size":\#(size)},"layers":[]}"#
  }

  private static func index(_ manifest: [UInt8]) -> String {
    let digest = Digest(sha256Of: manifest)
    return
      #"{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\#(digest)","size":\#(manifest.count)}]}"#
  }

  /// Puts an input in its place.
  ///
  /// - Returns: The files that the next input does not write over.
  private func arrange(_ input: [UInt8]) -> [String] {
    switch format {
    case .index: return [write(input, to: "index.json")]
    case .manifest: return arrange(manifest: input)
    case .config:
      let id = Digest(sha256Of: input)
      let manifest = Array(Self.manifest(config: id, size: input.count).utf8)
      return [write(input, to: "blobs/sha256/\(id.hex)")] + arrange(manifest: manifest)
    case .records:
      let manifest = Self.manifest(config: Self.id, size: Self.config.utf8.count)
      let image = "overlay-images/\(Self.id.hex)"
      write(manifest, to: "\(image)/manifest")
      write(Self.config, to: "\(image)/=\(Data(Self.id.description.utf8).base64EncodedString())")
      return [write(input, to: "overlay-images/images.json")]
    case .layers:
      write(
        #"[{"id":"\#(Self.id.hex)","names":["a:1"],"layer":"\#(Self.layer)","big-data-names":["manifest"]}]"#,
        to: "overlay-images/images.json")
      return [write(input, to: "overlay-layers/layers.json")]
    case .record:
      let image = "isulad/storage/overlay-images/\(Self.id.hex)"
      write(Self.config, to: "\(image)/=\(Data(Self.id.description.utf8).base64EncodedString())")
      return [write(input, to: "\(image)/images.json")]
    case .embedded:
      write(Digest(sha256Of: input).description, to: "embedded/a.sgn")
      return [write(input, to: "embedded/a.manifest")]
    case .archive: return [write(input, to: "archive.tar")]
    }
  }

  private func arrange(manifest: [UInt8]) -> [String] {
    write(Self.index(manifest), to: "index.json")
    return [write(manifest, to: "blobs/sha256/\(Digest(sha256Of: manifest).hex)")]
  }

  private func write(_ text: String, to name: String) {
    write(Array(text.utf8), to: name)
  }

  @discardableResult
  private func write(_ bytes: [UInt8], to name: String) -> String {
    let file = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    precondition(file >= 0, "cannot write \(folder)/\(name)")
    let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    precondition(count == bytes.count)
    close(file)
    return name
  }
}
