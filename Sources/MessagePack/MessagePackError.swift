/// Why bytes are not an acceptable message, or a value is not what its reader wants.
///
/// Two errors are equal when their codes are.
public struct MessagePackError: Error, Sendable {
  /// What kind of error it is.
  public let code: Code

  /// What was wrong, with which value and where, and what is allowed; a sentence for people.
  public let message: String

  /// The offset in the message, in bytes, of what was wrong; nil when the error is about a value and not its encoding.
  public let offset: Int?

  init(_ code: Code, _ message: String, offset: Int? = nil) {
    self.code = code
    self.message = message
    self.offset = offset
  }

  /// Makes an error about a value, for a reader that finds a fault of its own in one.
  ///
  /// - Parameters:
  ///   - code: The kind of error.
  ///   - message: What was wrong, with which value, and what is right.
  public init(_ code: Code, _ message: String) {
    self.init(code, message, offset: nil)
  }
}

extension MessagePackError {
  /// A kind of error. More may come, so a switch over codes needs a default.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: UInt8 {
      case empty, truncated, trailingBytes, reservedByte, tooManyBytes, tooDeep, tooManyElements, wrongType, invalidUTF8
      case outOfMemory
    }

    private let kind: Kind

    /// There are no bytes at all.
    public static let empty = Code(kind: .empty)
    /// The bytes end before the object does.
    public static let truncated = Code(kind: .truncated)
    /// Bytes follow the object.
    public static let trailingBytes = Code(kind: .trailingBytes)
    /// An object begins with `c1`, which MessagePack leaves unused.
    public static let reservedByte = Code(kind: .reservedByte)
    /// The message is longer than ``Limits/bytes``.
    public static let tooManyBytes = Code(kind: .tooManyBytes)
    /// Containers are nested deeper than ``Limits/depth``.
    public static let tooDeep = Code(kind: .tooDeep)
    /// A container has more elements than ``Limits/elements``.
    public static let tooManyElements = Code(kind: .tooManyElements)
    /// A value has another type than its reader wants.
    public static let wrongType = Code(kind: .wrongType)
    /// A string is not UTF-8.
    public static let invalidUTF8 = Code(kind: .invalidUTF8)
    /// There is no memory for the objects of the message.
    public static let outOfMemory = Code(kind: .outOfMemory)

    /// Whether the message may be right and only exceeds a limit: bytes, depth or elements.
    public var isLimit: Bool {
      kind == .tooManyBytes || kind == .tooDeep || kind == .tooManyElements
    }

    /// The name of the code.
    public var description: String { "\(kind)" }
  }
}

extension MessagePackError: Equatable {
  /// Whether two errors have the same code.
  public static func == (left: MessagePackError, right: MessagePackError) -> Bool {
    left.code == right.code
  }
}

extension MessagePackError: CustomStringConvertible {
  /// The message.
  public var description: String { message }
}
