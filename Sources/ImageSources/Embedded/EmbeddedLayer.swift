internal import Diagnostics
internal import ImageAPI

/// A layer of an embedded image, as its manifest describes it; the rules that need no look at the host are kept.
struct EmbeddedLayer: Sendable {
  /// What a layer is on the host.
  enum Kind: String, Sendable {
    /// A squashfs image: a file, or for the lowest layer a block device.
    case squashfs = "application/squashfs.image.rootfs.diff.img"
    /// A folder that is bind-mounted, for the lowest layer the host's own root.
    case folder = "application/bind.image.rootfs.diff.dir"
  }

  let kind: Kind
  /// Bytes, by the manifest.
  let size: UInt64
  /// What the file must be.
  let digest: Digest?
  /// On the host: absolute for the lowest layer, else relative to the manifest.
  let pathInHost: String

  private enum Field: String, CaseIterable {
    case mediaType, size, digest, pathInHost, pathInContainer
  }

  private static let fields = JSONFields<Field>()

  /// Reads the layer `number`, counted from 0.
  ///
  /// - Throws: ``JSONError`` that says which rule it breaks, and with which value.
  init(_ reader: inout JSONReader, number: Int) throws(JSONError) {
    let place = "layers[\(number)]"
    func wrong(_ reason: String) -> JSONError { .content("\(place).\(reason)") }
    var kind: Kind?
    var mediaType: String?
    var size: Int64 = 0
    var digest = ""
    var pathInHost = ""
    var pathInContainer = ""
    try reader.object(Self.fields) { reader, field throws(JSONError) in
      switch field {
      case .mediaType:
        let text = try reader.string("mediaType")
        mediaType = text
        kind = Kind(rawValue: text)
      case .size: size = try reader.integer("size")
      case .digest: digest = try reader.string("digest")
      case .pathInHost: pathInHost = try reader.string("pathInHost")
      case .pathInContainer: pathInContainer = try reader.string("pathInContainer")
      }
    }
    guard let kind else {
      throw wrong(
        "mediaType \(mediaType.map { "is \(quoted($0))" } ?? "is missing"): it must be \(Kind.squashfs.rawValue) or "
          + Kind.folder.rawValue)
    }
    guard let size = UInt64(exactly: size) else { throw wrong("size is \(size), which is negative") }
    guard !pathInHost.isEmpty else { throw wrong("pathInHost is missing") }
    guard !pathInHost.utf8.contains(0), pathInHost.utf8.count <= EmbeddedLimits.pathLength else {
      throw wrong("pathInHost is no path: it has a zero byte, or more than \(EmbeddedLimits.pathLength) bytes")
    }
    let isAbsolute = pathInHost.hasPrefix("/")
    if number == 0 {
      guard isAbsolute else {
        throw wrong("pathInHost \(quoted(pathInHost)) is relative: that of the lowest layer must be absolute")
      }
      guard kind != .folder || pathInHost == "/" else {
        throw wrong("pathInHost is \(quoted(pathInHost)): that of a lowest layer that is a folder must be \"/\"")
      }
      guard pathInContainer.isEmpty else {
        throw wrong("pathInContainer is \(quoted(pathInContainer)): the lowest layer must have none")
      }
      guard digest.isEmpty else { throw wrong("digest is \(quoted(digest)): the lowest layer must have none") }
    } else {
      guard !isAbsolute else {
        throw wrong("pathInHost \(quoted(pathInHost)) is absolute: it must be relative to the manifest")
      }
      guard pathInContainer.hasPrefix("/") else {
        throw wrong(
          "pathInContainer \(pathInContainer.isEmpty ? "is missing" : quoted(pathInContainer)): it must be absolute")
      }
      guard kind != .folder || digest.isEmpty else {
        throw wrong("digest is \(quoted(digest)): a folder must have none")
      }
    }
    self.kind = kind
    self.size = size
    self.pathInHost = pathInHost
    self.digest = try digest.isEmpty ? nil : Self.sha256(digest, place)
  }

  private static func sha256(_ text: String, _ place: String) throws(JSONError) -> Digest {
    guard text.hasPrefix("sha256:"), let digest = Digest(text) else {
      throw .content(
        "\(place).digest \(quoted(String(text.prefix(100)))) is not sha256: and 64 lower-case hexadecimal digits")
    }
    return digest
  }
}
