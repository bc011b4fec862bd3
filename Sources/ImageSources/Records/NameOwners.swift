/// Who has which name where several claim it: the last one, as it is for the stores' owners.
struct NameOwners {
  /// By their bytes, as `String` takes names for equal that differ in how they compose an accent.
  private var owners: [[UInt8]: Int] = [:]

  /// Notes that an image, by its place among all, claims some names, after those that claimed names before.
  mutating func claim(_ names: [String], for image: Int) {
    for name in names { owners[Array(name.utf8)] = image }
  }

  /// Those of the names that an image has.
  func names(_ claimed: [String], of image: Int) -> [String] {
    claimed.filter { owners[Array($0.utf8)] == image }
  }
}
