/// Who has which name where several claim it: the last one, as it is for the stores' owners.
struct NameOwners {
  private var owners: [String: Int] = [:]

  /// Notes that an image, by its place among all, claims some names, after those that claimed names before.
  mutating func claim(_ names: [String], for image: Int) {
    for name in names { owners[name] = image }
  }

  /// Those of the names that an image has.
  func names(_ claimed: [String], of image: Int) -> [String] {
    claimed.filter { owners[$0] == image }
  }
}
