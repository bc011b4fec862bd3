internal import CMessagePack

/// The pairs of a map, in the order they came; a key may come twice. Valid as long as the ``Value`` that it comes from.
public struct MapView: RandomAccessCollection {
  private let map: msgpack_object_map

  /// No pairs.
  public init() {
    map = msgpack_object_map()
  }

  init(_ map: msgpack_object_map) {
    self.map = map
  }

  /// Zero.
  public var startIndex: Int { 0 }

  /// The number of pairs.
  public var endIndex: Int { Int(map.size) }

  /// A pair.
  ///
  /// - Precondition: The position lies in `indices`.
  public subscript(position: Int) -> (key: Value, value: Value) {
    precondition(position >= 0 && position < endIndex, "no pair \(position) in a map of \(endIndex)")
    // A pair is two objects, the key first.
    let key = UnsafeRawPointer(map.ptr + position).assumingMemoryBound(to: msgpack_object.self)
    return (Value(key), Value(key + 1))
  }
}
