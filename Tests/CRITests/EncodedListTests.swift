import CRIProtocol
import GRPCNIOTransportHTTP2Posix
import ImageAPI
import ImageRegistry
import SwiftProtobuf
import Testing

@testable import CRI

/// What CRI's clients are sent, read back by what is generated from the definition.
@Suite struct EncodedListTests {
  private func images(_ count: Int, padding: Int = 0) -> [Image] {
    let users: [ImageUser] = [.unspecified, .uid(0), .uid(.min), .name("nobody")]
    let spec = ImageSpec(
      image: "a", annotations: ["key": String(repeating: "x", count: padding)], userSpecifiedImage: "b",
      runtimeHandler: "c", imageRef: "d")
    return (0..<count).map { number in
      var image = Image(
        id: Digest(sha256Of: "image \(number)".utf8), repoTags: ["example.org/a:\(number)", "b:\(number)"],
        repoDigests: ["example.org/a@\(Digest(sha256Of: "\(number)".utf8))"])
      image.size = UInt64(number) << 40
      image.user = users[number % users.count]
      image.spec = number % 2 == 0 && padding == 0 ? nil : spec
      image.pinned = number % 3 == 0
      return image
    }
  }

  private func list(_ images: [Image]) throws -> EncodedList {
    let registry = ImageRegistry(sources: ["oci:/one"])
    registry.replaceContents(ofSource: 0, with: images)
    return try EncodedList(registry.snapshot.select(ListImagesRequest()), sourceCount: 1)
  }

  private func decoded(_ pieces: [EncodedBytes]) throws -> [Image] {
    try pieces.flatMap { piece in
      let bytes: [UInt8] = piece.bytes.withUnsafeBytes { [UInt8]($0) }
      return try CRIStreamImagesResponse(serializedBytes: bytes).images.map { try #require(Image($0)) }
    }
  }

  @Test(arguments: [0, 1, 7, 1_000]) func allFieldsComeThrough(_ count: Int) throws {
    let images = images(count)
    let list = try list(images)
    let sorted = images.sorted { $0.id < $1.id }
    #expect(try decoded([list.message]) == sorted)
    #expect(try decoded(list.pieces) == sorted)
    #expect(list.sizes == [images.reduce(0) { $0 &+ $1.size }])
  }

  /// A piece has at most a mebibyte, unless an image has more; a list of no images has none.
  @Test func aStreamIsInPieces() throws {
    #expect(try list([]).pieces.isEmpty)
    let large = try list(images(40, padding: 100_000))
    #expect(large.pieces.count == 4 && large.pieces.allSatisfy { $0.count <= 1 << 20 })
    #expect(try decoded(large.pieces) == decoded([large.message]))
    let huge = try list(images(4, padding: 2 << 20))
    #expect(huge.pieces.count >= 2 && huge.pieces.count <= 4)
    #expect(try decoded(huge.pieces).count == 4)
  }
}
