import CRIProtocol
import ImageAPI
import ImageSources
import Testing

@testable import CRI

/// What is made of what a runtime says.
@Suite struct RuntimeImageTests {
  private static let hex = String(repeating: "a", count: 64)

  private func image(_ change: (inout CRIImage) -> Void) -> CRIImage {
    var image = CRIImage()
    image.id = Self.hex
    change(&image)
    return image
  }

  @Test(arguments: [hex, "sha256:\(hex)"]) func anID(_ text: String) throws {
    let image = try #require(Image(image { $0.id = text }))
    #expect(image.id.description == "sha256:\(Self.hex)")
  }

  @Test(arguments: ["", "sha256:", "sha512:\(hex)", "\(hex)0", "A\(hex.dropFirst())", "latest", "\0"])
  func noID(_ text: String) {
    #expect(Image(image { $0.id = text }) == nil)
    let inventory = Inventory([image { $0.id = text }], at: "/run/x.sock")
    #expect(inventory.images.isEmpty && inventory.leftOut.count == 1 && inventory.leftOut[0].path == "/run/x.sock")
  }

  @Test func names() throws {
    let image = try #require(
      Image(
        image { image in
          image.repoTags = ["b:1", "a:1", "b:1", "<none>:<none>", ""]
          image.repoDigests = [
            "sha256:\(Self.hex)", "a@sha256:\(Self.hex)", "@sha256:\(Self.hex)", "<none>@<none>", "a@",
          ]
        }))
    #expect(image.repoTags == ["a:1", "b:1"] && image.repoDigests == ["a@sha256:\(Self.hex)"])
  }

  /// A uid that gets lost makes an image root's.
  @Test func users() throws {
    #expect(Image(image { _ in })?.user == .unspecified)
    #expect(Image(image { $0.uid.value = 0 })?.user == .uid(0))
    #expect(Image(image { $0.uid = CRIInt64Value() })?.user == .uid(0))
    #expect(Image(image { $0.username = "nobody" })?.user == .name("nobody"))
  }
}
