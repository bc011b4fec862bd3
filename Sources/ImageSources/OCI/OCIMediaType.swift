internal import ImageAPI

/// What a descriptor says its blob is, as far as a listing asks.
enum OCIMediaType: UInt8, Sendable {
  /// A list of manifests, one for each platform; Docker's as well.
  case index
  case manifest
  /// Docker's manifest, schema 2.
  case dockerManifest
  /// The configuration of a container image; Docker's as well.
  case imageConfig
  /// A layer that is no part of a root file system but a statement about another image.
  case statement
  /// The specification forbids to fail over what is not known.
  case other

  init(_ text: ArraySlice<UInt8>) {
    let bytes = text.span
    func isType(_ type: StaticString) -> Bool { bytes.equals(type, in: bytes.indices) }
    // Most that are asked for are those of layers.
    self =
      if bytes.begins(with: "application/vnd.oci.image.layer.")
        || bytes.begins(with: "application/vnd.docker.image.rootfs.")
      {
        .other
      } else if isType("application/vnd.oci.image.manifest.v1+json") {
        .manifest
      } else if isType("application/vnd.docker.distribution.manifest.v2+json") {
        .dockerManifest
      } else if isType("application/vnd.oci.image.config.v1+json")
        || isType("application/vnd.docker.container.image.v1+json")
      {
        .imageConfig
      } else if isType("application/vnd.oci.image.index.v1+json")
        || isType("application/vnd.docker.distribution.manifest.list.v2+json")
      {
        .index
      } else if Self.isStatement(String(decoding: text, as: UTF8.self).lowercased()) {
        .statement
      } else {
        .other
      }
  }

  /// BuildKit's attestations and what cosign attaches, signatures and lists of contents, are manifests with an image's
  /// configuration; their layers tell them.
  private static func isStatement(_ type: String) -> Bool {
    type.hasPrefix("text/") || statements.contains { type.contains($0) }
  }

  private static let statements = ["spdx", "cyclonedx", "syft", "in-toto", "dsse", "sigstore", "cosign"]
}
