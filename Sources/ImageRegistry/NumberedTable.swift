/// Values by numbers that are given out from 0 on. Copying is O(1), and a change copies one leaf.
struct NumberedTable<Element: Sendable>: Sendable {
  private var leaves = ShardTable<[Element?]>(repeating: [])

  /// The value of a number that has one.
  subscript(number: UInt32) -> Element? {
    get {
      let leaf = leaves[Self.leaf(of: number)]
      let position = Self.position(of: number)
      return position < leaf.count ? leaf[position] : nil
    }
    set {
      let position = Self.position(of: number)
      leaves[Self.leaf(of: number)].set(newValue, at: position)
    }
  }

  /// Changes the value of a number in place.
  ///
  /// - Precondition: The number has one.
  mutating func modify<Result>(_ number: UInt32, _ body: (inout Element) -> Result) -> Result? {
    leaves[Self.leaf(of: number)].modify(at: Self.position(of: number), body)
  }

  /// As ``ShardTable/catchUp(with:)``.
  mutating func catchUp(with newer: NumberedTable) {
    leaves.catchUp(with: newer.leaves)
  }

  private static func leaf(of number: UInt32) -> Int { Int(number) % ShardTable<[Element?]>.count }
  private static func position(of number: UInt32) -> Int { Int(number) / ShardTable<[Element?]>.count }
}

extension Array {
  fileprivate mutating func set<Value>(_ value: Value?, at position: Int) where Element == Value? {
    while count <= position { append(nil) }
    self[position] = value
  }

  fileprivate mutating func modify<Value, Result>(
    at position: Int, _ body: (inout Value) -> Result
  ) -> Result? where Element == Value? {
    guard position < count else { return nil }
    guard var value = self[position] else { return nil }
    // So that what the value holds is uniquely held, and is changed in place.
    self[position] = nil
    defer { self[position] = value }
    return body(&value)
  }
}
