internal import CMessagePack

/// How much of a message is acceptable: what ``check(_:)`` and ``Unpacker`` hold every message against.
///
/// MessagePack lets five bytes declare four thousand million elements, and libmsgpack reserves room for them before
/// it looks for them (msgpack-c issue 1013). So every message is measured against these limits, and against itself,
/// before libmsgpack sees it.
public struct Limits: Sendable, Hashable {
  /// The longest message, in bytes.
  public let bytes: Int

  /// How many arrays and maps may be open at once; a lone array is 1. Never more than ``deepest``.
  public let depth: Int

  /// The most elements in one array, and the most pairs in one map.
  public let elements: Int

  /// The depth at which libmsgpack itself gives up, `MSGPACK_EMBED_STACK_SIZE`: 32 levels.
  public static var deepest: Int { Int(MSGPACK_EMBED_STACK_SIZE) }

  /// What a request may have: 64 KiB, 16 levels, 1,024 elements in a container.
  public static let request = Limits()

  /// Makes limits; those left out are a request's. A reader of large replies gives more.
  ///
  /// Negative numbers count as zero.
  ///
  /// - Parameters:
  ///   - bytes: The longest message, in bytes.
  ///   - depth: The most arrays and maps open at once; a number above ``deepest`` counts as ``deepest``.
  ///   - elements: The most elements in an array and pairs in a map.
  public init(bytes: Int = 64 * 1_024, depth: Int = 16, elements: Int = 1_024) {
    self.bytes = max(0, bytes)
    self.depth = min(max(0, depth), Limits.deepest)
    self.elements = max(0, elements)
  }
}
