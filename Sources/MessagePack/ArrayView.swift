internal import CMessagePack

/// The elements of an array. Valid as long as the ``Value`` that it comes from.
public struct ArrayView: RandomAccessCollection {
  private let array: msgpack_object_array

  init(_ array: msgpack_object_array) {
    self.array = array
  }

  /// Zero.
  public var startIndex: Int { 0 }

  /// The number of elements.
  public var endIndex: Int { Int(array.size) }

  /// An element.
  ///
  /// - Precondition: The position lies in `indices`.
  public subscript(position: Int) -> Value {
    precondition(position >= 0 && position < endIndex, "no element \(position) in an array of \(endIndex)")
    return Value(UnsafePointer(array.ptr + position))
  }
}
