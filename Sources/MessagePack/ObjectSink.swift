/// What takes objects one after the other: ``Packer`` writes them, ``PackedComparison`` compares them with bytes that a
/// packer wrote. So what is written and what is compared is described once.
package protocol ObjectSink: ~Copyable {
  /// Begins a map of so many pairs.
  mutating func packMapHeader(_ pairs: Int)
  /// Begins an array of so many elements.
  mutating func packArrayHeader(_ elements: Int)
  /// Takes nil.
  mutating func packNil()
  /// Takes true or false.
  mutating func pack(_ value: Bool)
  /// Takes an integer.
  mutating func pack(_ value: UInt64)
  /// Takes an integer.
  mutating func pack(_ value: Int64)
  /// Takes text.
  mutating func pack(_ text: String)
  /// Takes text that is known to the compiler.
  mutating func packKey(_ text: StaticString)
}

extension Packer: ObjectSink {}
