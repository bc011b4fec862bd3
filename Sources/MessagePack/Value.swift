internal import CMessagePack

/// A look at one object of a message.
///
/// A value is a pointer into memory of the ``Unpacker`` and of the message. It is valid only until the closure that
/// was handed it, or the value that it was taken from, returns; it must not be kept. What is wanted longer is copied
/// out: ``string(at:)`` does so, ``withBytes(_:)`` does not.
public struct Value {
  private let object: UnsafePointer<msgpack_object>

  init(_ object: UnsafePointer<msgpack_object>) {
    self.object = object
  }

  /// The type of the object, integers by whether they are negative: 5 is `uint` in whatever form it came.
  public var kind: Kind {
    switch object.pointee.type {
    case MSGPACK_OBJECT_BOOLEAN: .bool
    case MSGPACK_OBJECT_POSITIVE_INTEGER: .uint
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: .int
    case MSGPACK_OBJECT_FLOAT32, MSGPACK_OBJECT_FLOAT64: .float
    case MSGPACK_OBJECT_STR: .string
    case MSGPACK_OBJECT_BIN: .binary
    case MSGPACK_OBJECT_ARRAY: .array
    case MSGPACK_OBJECT_MAP: .map
    case MSGPACK_OBJECT_EXT: .extension
    default: .nil
    }
  }

  /// Whether it is nil.
  public var isNil: Bool { object.pointee.type == MSGPACK_OBJECT_NIL }

  /// The boolean, or nil when it is no boolean.
  public var bool: Bool? {
    object.pointee.type == MSGPACK_OBJECT_BOOLEAN ? object.pointee.via.boolean : nil
  }

  /// The integer, in whatever form it was written; nil when it is no integer or negative.
  public var uint64: UInt64? {
    object.pointee.type == MSGPACK_OBJECT_POSITIVE_INTEGER ? object.pointee.via.u64 : nil
  }

  /// The integer, in whatever form it was written; nil when it is no integer or above `Int64.max`.
  public var int64: Int64? {
    switch object.pointee.type {
    case MSGPACK_OBJECT_POSITIVE_INTEGER: Int64(exactly: object.pointee.via.u64)
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: object.pointee.via.i64
    default: nil
    }
  }

  /// The floating-point number, written in 32 or in 64 bits; nil when it is none. An integer is none.
  public var double: Double? {
    switch object.pointee.type {
    case MSGPACK_OBJECT_FLOAT32, MSGPACK_OBJECT_FLOAT64: object.pointee.via.f64
    default: nil
    }
  }

  /// The elements, or nil when it is no array.
  public var array: ArrayView? {
    object.pointee.type == MSGPACK_OBJECT_ARRAY ? ArrayView(object.pointee.via.array) : nil
  }

  /// The pairs, or nil when it is no map.
  public var map: MapView? {
    object.pointee.type == MSGPACK_OBJECT_MAP ? MapView(object.pointee.via.map) : nil
  }

  /// The type that an application gave its extension; nil when it is no extension.
  public var extensionType: Int8? {
    object.pointee.type == MSGPACK_OBJECT_EXT ? object.pointee.via.ext.type : nil
  }

  /// The body of a string, a binary or an extension, where it lies in the message.
  @usableFromInline
  var body: UnsafeRawBufferPointer? {
    switch object.pointee.type {
    case MSGPACK_OBJECT_STR:
      UnsafeRawBufferPointer(start: object.pointee.via.str.ptr, count: Int(object.pointee.via.str.size))
    case MSGPACK_OBJECT_BIN:
      UnsafeRawBufferPointer(start: object.pointee.via.bin.ptr, count: Int(object.pointee.via.bin.size))
    case MSGPACK_OBJECT_EXT:
      UnsafeRawBufferPointer(start: object.pointee.via.ext.ptr, count: Int(object.pointee.via.ext.size))
    default: nil
    }
  }
}

extension Value {
  /// The types of MessagePack.
  public enum Kind: Sendable, Hashable {
    /// Nothing.
    case `nil`
    /// True or false.
    case bool
    /// An integer from 0 on.
    case uint
    /// An integer below 0.
    case int
    /// A floating-point number.
    case float
    /// Text.
    case string
    /// Bytes.
    case binary
    /// Values in a row.
    case array
    /// Keys with values.
    case map
    /// Bytes with a type of an application's own.
    case `extension`
  }
}
