import Concurrency
import Foundation
import ImageAPI
import ImageRegistry
import ImageWire
import MessagePack
import Testing

/// 64 hexadecimal digits that begin with those given.
func hex(_ beginning: String) -> String {
  beginning + String(repeating: "0", count: 64 - beginning.utf8.count)
}

/// An image whose id begins with some hexadecimal digits.
func image(
  _ id: String, _ tags: [String] = [], digests: [String] = [], size: UInt64 = 0, user: ImageUser = .unspecified,
  spec: ImageSpec? = nil, pinned: Bool = false
) throws -> Image {
  Image(
    id: try #require(Digest(hex(id))), repoTags: tags, repoDigests: digests, size: size, user: user, spec: spec,
    pinned: pinned)
}

/// A registry of sources with these contents, each read once.
func registry(of inventories: [Image]...) -> ImageRegistry {
  let registry = ImageRegistry(sources: inventories.indices.map { "source \($0)" })
  for (source, images) in inventories.enumerated() { registry.replaceContents(ofSource: source, with: images) }
  return registry
}

extension ImageRegistry {
  func bytes(
    _ request: ListImagesRequest = ListImagesRequest(), in envelope: Envelope = .plain
  ) throws(APIError) -> [UInt8] {
    try snapshot.bytes(request, in: envelope)
  }

  func list(_ request: ListImagesRequest = ListImagesRequest()) throws -> ListImagesReply.ImageList {
    try snapshot.list(request)
  }

  func reply(_ request: ListImagesRequest) throws -> ListImagesReply { try snapshot.reply(request) }

  /// The images that a filter finds.
  func images(_ filter: String = "") throws -> [Image] {
    try list(ListImagesRequest(image: filter)).images
  }
}

extension RegistrySnapshot {
  func bytes(
    _ request: ListImagesRequest = ListImagesRequest(), in envelope: Envelope = .plain
  ) throws(APIError) -> [UInt8] {
    try select(request).reply(in: envelope).withBytes { bytes in bytes.withUnsafeBytes { [UInt8]($0) } }
  }

  func reply(_ request: ListImagesRequest) throws -> ListImagesReply {
    var unpacker = Unpacker(limits: Limits(bytes: .max, depth: Limits.deepest, elements: .max))
    return try select(request).reply(in: .plain).withBytes { (bytes) throws(APIError) in
      try ListImagesReply(decoding: bytes, with: &unpacker)
    }
  }

  func list(_ request: ListImagesRequest = ListImagesRequest()) throws -> ListImagesReply.ImageList {
    guard case .images(let list) = try reply(request) else { throw APIError(.internal, "no list") }
    return list
  }
}

/// What a registry must answer, put together here from its parts.
func expectedReply(
  _ images: [Image], etag: String, resumption: Digest? = nil, gaps: ListGaps = ListGaps()
) -> [UInt8] {
  var packer = Packer()
  packer.packMapHeader(2 + [resumption != nil, gaps.leftOut > 0, !gaps.stale.isEmpty].count { $0 })
  packer.packKey("images")
  packer.packArrayHeader(images.count)
  for image in images { packer.pack(image) }
  packer.packKey("etag")
  packer.pack(etag)
  if let resumption {
    packer.packKey("continue")
    packer.pack(resumption.description)
  }
  if gaps.leftOut > 0 {
    packer.packKey("left_out")
    packer.pack(gaps.leftOut)
  }
  if !gaps.stale.isEmpty {
    packer.packKey("stale")
    packer.packArrayHeader(gaps.stale.count)
    for source in gaps.stale { packer.pack(source) }
  }
  return packer.withBytes { bytes in bytes.withUnsafeBytes { [UInt8]($0) } }
}

/// The etag from scratch, byte by byte: the sum of the images' hashes as numbers of 256 bits.
func expectedETag(_ images: [Image]) -> String {
  var sum = [Int](repeating: 0, count: 32)
  for image in images {
    var packer = Packer()
    packer.pack(image)
    let (a, b, c, d) = packer.withBytes { Digest(sha256Of: $0) }.words
    let words = [a, b, c, d]
    var carry = 0
    for position in stride(from: 31, through: 0, by: -1) {
      carry += sum[position] + Int(words[position / 8] >> UInt64(56 - position % 8 * 8) & 0xff)
      sum[position] = carry & 0xff
      carry >>= 8
    }
  }
  return sum.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

/// What a plain thread came to.
final class Background<Value: Sendable>: Sendable {
  private let result = Lock<Result<Value, any Error>?>(nil)
  private let finished = DispatchSemaphore(value: 0)

  init(_ body: @escaping @Sendable () throws -> Value) {
    Thread.detachNewThread { [self] in
      let outcome = Result { try body() }
      result.withLock { $0 = outcome }
      finished.signal()
    }
  }

  func value() throws -> Value {
    try #require(finished.wait(timeout: .now() + 60) == .success, "the thread did not end")
    return try #require(result.withLock { $0 }).get()
  }
}
