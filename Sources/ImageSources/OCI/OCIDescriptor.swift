internal import Diagnostics

/// A descriptor of the OCI image specification: which blob, what it is, how large it is.
struct OCIDescriptor: Sendable {
  let mediaType: OCIMediaType
  let digest: BlobDigest
  /// Bytes.
  let size: UInt64
  /// The name from the descriptor's annotations.
  let name: String?
  let isPinned: Bool
  /// Whether it describes a statement about another image, such as its provenance, and no image.
  let isAttestation: Bool

  private enum Field: String, CaseIterable {
    case mediaType, digest, size, annotations
  }

  private enum Annotation: String, CaseIterable {
    case containerdName = "io.containerd.image.name"
    case referenceName = "org.opencontainers.image.ref.name"
    case referenceType = "vnd.docker.reference.type"
    case pinned = "io.cri-containerd.pinned"
  }

  private static let fields = JSONFields<Field>()
  private static let annotations = JSONFields<Annotation>(.exact)

  /// Reads a descriptor.
  ///
  /// - Throws: ``JSONError`` if it has no digest, size or media type, or one that cannot be.
  init(_ reader: inout JSONReader) throws(JSONError) {
    var mediaType: OCIMediaType?
    var digest: BlobDigest?
    var size: UInt64?
    var containerdName: String?
    var referenceName: String?
    var isPinned = false
    var isAttestation = false
    try reader.object(Self.fields) { reader, field throws(JSONError) in
      switch field {
      case .mediaType:
        let text = try reader.stringBytes("mediaType")
        if !text.isEmpty { mediaType = OCIMediaType(text) }
      case .digest:
        let text = try reader.stringBytes("digest")
        digest = BlobDigest(text)
        guard digest != nil else {
          throw .content("its digest \(quoted(String(decoding: text, as: UTF8.self))) is not a digest")
        }
      case .size:
        let number = try reader.integer("size")
        size = UInt64(exactly: number)
        guard size != nil else { throw .content("its size \(number) is negative") }
      case .annotations:
        try reader.object(Self.annotations) { reader, annotation throws(JSONError) in
          let value = try reader.string("annotations")
          switch annotation {
          case .containerdName: containerdName = value
          case .referenceName: referenceName = value
          case .referenceType: isAttestation = true
          case .pinned: isPinned = value == "pinned"
          }
        }
      }
    }
    guard let mediaType else { throw .content("it has no media type") }
    guard let digest else { throw .content("it has no digest") }
    guard let size else { throw .content("it has no size") }
    self.mediaType = mediaType
    self.digest = digest
    self.size = size
    self.isPinned = isPinned
    self.isAttestation = isAttestation
    name = try [containerdName, referenceName].lazy.compactMap { $0 }.first { !$0.isEmpty }
      .map { name throws(JSONError) in try StoredName.checked(name) }
  }
}
