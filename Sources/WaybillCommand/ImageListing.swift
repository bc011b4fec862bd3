import Diagnostics
import Foundation
import ImageAPI

/// A list of images as `crictl images` shows it.
struct ImageListing: Printable {
  let images: [Image]
  var showsDigests = false
  var isTruncated = true

  /// In crictl's order: by name, and those without one last. Names come from stores that anybody may have written, so they
  /// are escaped.
  var table: String {
    var table = TextTable(
      header: ["IMAGE", "TAG"] + (showsDigests ? ["DIGEST"] : []) + ["IMAGE ID", "SIZE"] + (showsNodes ? ["NODES"] : [])
    )
    for image in images.sorted(by: Self.isBefore) {
      let (repository, digest) = Self.split(image.repoDigests.first, at: "@")
      for tagged in image.repoTags.isEmpty ? [nil] : image.repoTags.map(Optional.some) {
        let (name, tag) = tagged.map { Self.split($0, at: ":") } ?? (repository, "<none>")
        table.append(
          [name, tag].map(\.escaped) + (showsDigests ? [shortened(digest).escaped] : [])
            + [shortened(image.id.description), Self.humanSize(image.size)] + (image.nodes.map { [holders($0)] } ?? []))
      }
    }
    return table.text
  }

  private var showsNodes: Bool { images.contains { $0.nodes != nil } }

  /// As many nodes as a row has room for.
  private static let maxNodes = 3

  private func holders(_ nodes: [String]) -> String {
    guard isTruncated, nodes.count > Self.maxNodes else { return nodes.joined(separator: ", ").escaped }
    return "\(nodes.prefix(Self.maxNodes).joined(separator: ", ")) and \(nodes.count - Self.maxNodes) more".escaped
  }

  private static func isBefore(_ first: Image, _ second: Image) -> Bool {
    /// The number is lower the better an image is named.
    func key(_ image: Image) -> (Int, String, Digest) {
      if let tag = image.repoTags.first { return (0, tag, image.id) }
      if let digest = image.repoDigests.first { return (1, digest, image.id) }
      return (2, "", image.id)
    }
    return key(first) < key(second)
  }

  /// A repository and what follows the last `separator` in the last component. The port of a registry is no tag.
  private static func split(_ text: String?, at separator: Character) -> (String, String) {
    guard let text else { return ("<none>", "<none>") }
    let component = text.lastIndex(of: "/") ?? text.startIndex
    guard let index = text[component...].lastIndex(of: separator) else { return (text, "<none>") }
    return (String(text[..<index]), String(text[text.index(after: index)...]))
  }

  /// Thirteen hexadecimal digits without the algorithm, or all of it.
  private func shortened(_ digest: String) -> String {
    guard isTruncated, digest.hasPrefix("sha256:") else { return digest }
    return String(digest.dropFirst("sha256:".count).prefix(13))
  }

  /// Three significant digits in units of a thousand: `4.5MB`, `72.8kB`, `512B`.
  static func humanSize(_ bytes: UInt64) -> String {
    var value = Double(bytes)
    var units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"][...]
    // What would be rounded to 1,000 is one of the next unit.
    while value >= 999.5, units.count > 1 {
      value /= 1_000
      units = units.dropFirst()
    }
    return String(format: "%.3g", value) + (units.first ?? "")
  }

  /// CRI's ListImagesResponse, as protobuf prints it: names in camel case, 64-bit integers as strings.
  var document: Document {
    .object([("images", .array(images.map(Self.document(of:))))])
  }

  private static func document(of image: Image) -> Document {
    var uid = Document.null
    var username = ""
    switch image.user {
    case .uid(let id): uid = .object([("value", .string(String(id)))])
    case .name(let name): username = name
    case .unspecified: break
    }
    let nodes = image.nodes.map { [("nodes", Document.array($0.map(Document.string)))] } ?? []
    return .object(
      [
        ("id", .string(image.id.description)),
        ("repoTags", .array(image.repoTags.map(Document.string))),
        ("repoDigests", .array(image.repoDigests.map(Document.string))),
        ("size", .string(String(image.size))),
        ("uid", uid),
        ("username", .string(username)),
        ("spec", image.spec.map(document(of:)) ?? .null),
        ("pinned", .bool(image.pinned)),
      ] + nodes)
  }

  private static func document(of spec: ImageSpec) -> Document {
    .object([
      ("image", .string(spec.image)),
      ("annotations", .object(spec.annotations.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
      ("userSpecifiedImage", .string(spec.userSpecifiedImage)),
      ("runtimeHandler", .string(spec.runtimeHandler)),
      ("imageRef", .string(spec.imageRef)),
    ])
  }
}
