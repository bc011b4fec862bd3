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
    self =
      switch String(decoding: text, as: UTF8.self) {
      case "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json":
        .index
      case "application/vnd.oci.image.manifest.v1+json":
        .manifest
      case "application/vnd.docker.distribution.manifest.v2+json":
        .dockerManifest
      case "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json":
        .imageConfig
      case let type where Self.layers.contains(where: type.hasPrefix):
        .other
      case let type where Self.isStatement(type.lowercased()):
        .statement
      default:
        .other
      }
  }

  /// Almost every type that is asked for.
  private static let layers = ["application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs."]

  /// BuildKit's attestations and what cosign attaches, signatures and lists of contents, are manifests with an image's
  /// configuration; their layers tell them.
  private static func isStatement(_ type: String) -> Bool {
    type.hasPrefix("text/") || statements.contains { type.contains($0) }
  }

  private static let statements = ["spdx", "cyclonedx", "syft", "in-toto", "dsse", "sigstore", "cosign"]
}
