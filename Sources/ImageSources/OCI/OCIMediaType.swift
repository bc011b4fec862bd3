/// What a descriptor says its blob is, as far as a listing asks. Docker's types count as their OCI twins.
enum OCIMediaType: UInt8, Sendable {
  /// A list of manifests, one for each platform.
  case index
  case manifest
  /// The configuration of a container image.
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
      case "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json":
        .manifest
      case "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json":
        .imageConfig
      // BuildKit's attestations and cosign's signatures are manifests with an image's configuration.
      case "application/vnd.in-toto+json",
        "application/vnd.dsse.envelope.v1+json",
        "application/vnd.dev.cosign.simplesigning.v1+json":
        .statement
      default:
        .other
      }
  }
}
