/// The images of one storage driver.
protocol StoreDriver: Sendable {
  var name: DriverName { get }
}

extension Array where Element: StoreDriver {
  /// Keeps the drivers called `names`, in their order, with new ones where there were none.
  ///
  /// - Returns: whether any came or went.
  mutating func follow(_ names: [DriverName], makingNew make: (DriverName) -> Element) -> Bool {
    guard names != map(\.name) else { return false }
    self = names.map { name in first { $0.name == name } ?? make(name) }
    return true
  }
}
