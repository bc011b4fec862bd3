package import ImageAPI

/// An image as `make-layout` writes one: two tags of one repository and its digest, about 475 bytes of MessagePack.
package struct GeneratedImage {
  /// Which image it is; decides on all but its second tag.
  package let number: Int
  /// The number of its last change, which its second tag names; nil for an image that does not change.
  package var change: UInt32?

  package init(number: Int, change: UInt32? = nil) {
    self.number = number
    self.change = change
  }

  private static let words = ["ledger", "orders", "search", "ingest", "notify", "gateway", "billing", "catalog"]
  private static let roles = ["worker", "api", "frontend", "migrate", "exporter", "scheduler", "consumer"]
  private static let users = ["", "1000", "65532:65532", "nobody"]

  package var id: Digest { Digest(sha256Of: "image \(number)".utf8) }

  package var image: Image {
    let version = "\(number % 9).\(number % 31).\(number % 101)"
    return Image(
      id: id,
      repoTags: ["\(repository):\(version)", "\(repository):\(changingTag)"],
      repoDigests: ["\(repository)@\(Digest(sha256Of: "manifest \(number)".utf8))"],
      size: UInt64(1_000_000 + number * 7_919 % 90_000_000),
      user: ImageUser(configUser: Self.users[number % Self.users.count]))
  }

  private var changingTag: String {
    change.map { "change-\(Self.hex(Int($0)))" } ?? "stable-\(Self.hex(number % 31))"
  }

  private var repository: String {
    let word = Self.words[number % Self.words.count]
    let role = Self.roles[number % Self.roles.count]
    let team = "registry.eu-\(number % 4).example.com/platform/team-\(100 + number % 40)"
    return "\(team)/services/\(word)-\(role)-\(Self.hex(number))"
  }

  /// Eight digits, so that a change never moves a byte of the list.
  private static func hex(_ value: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
