import ImageAPI

extension Image {
  /// An image that is the same each time, of some 475 bytes packed: two tags and a digest. A change is another tag of
  /// the same length.
  package init(number: Int, change: Int = 0) {
    let manifest = Digest(sha256Of: "manifest \(number)".utf8)
    let repository = "registry.example.com/platform/team-\(100 + number % 40)/service-\(10_000_000 + number)"
    self.init(
      id: Digest(sha256Of: "config \(number)".utf8),
      repoTags: ["\(repository):1.\(number % 10)", "\(repository):build-\(10_000_000 + change)"],
      repoDigests: ["\(repository)@\(manifest)"],
      size: 50_000_000 + UInt64(number) * 4_096,
      user: .uid(1_000))
  }
}
