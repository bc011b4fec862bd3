import ImageAPI
import MessagePack

/// A MessagePack object as a literal: `["filter": ["image": "busybox"]]`. Keys keep their order, and may come twice.
indirect enum Tree: Sendable {
  case none
  case flag(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case text(String)
  case array([Tree])
  case map([(Tree, Tree)])
  /// Bytes that stand for themselves: what no literal can say.
  case raw([UInt8])

  var bytes: [UInt8] {
    var packer = Packer()
    pack(into: &packer)
    return packer.withBytes { Array($0) }
  }

  private func pack(into packer: inout Packer) {
    switch self {
    case .none: packer.packNil()
    case .flag(let flag): packer.pack(flag)
    case .integer(let integer): packer.pack(integer)
    case .unsigned(let integer): packer.pack(integer)
    case .text(let text): packer.pack(text)
    case .raw(let bytes): packer.append(encoded: bytes.span.bytes)
    case .array(let elements):
      packer.packArrayHeader(elements.count)
      for element in elements { element.pack(into: &packer) }
    case .map(let pairs):
      packer.packMapHeader(pairs.count)
      for (key, value) in pairs {
        key.pack(into: &packer)
        value.pack(into: &packer)
      }
    }
  }
}

extension Tree: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
  init(nilLiteral: ()) { self = .none }
  init(booleanLiteral flag: Bool) { self = .flag(flag) }
  init(integerLiteral integer: Int64) { self = .integer(integer) }
}

extension Tree: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  init(stringLiteral text: String) { self = .text(text) }
}

extension Tree: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  init(arrayLiteral elements: Tree...) { self = .array(elements) }
  init(dictionaryLiteral pairs: (Tree, Tree)...) { self = .map(pairs) }
}

extension Request {
  init(_ tree: Tree) { self.init(bytes: tree.bytes) }

  init(bytes: [UInt8]) {
    var unpacker = Unpacker()
    self.init(decoding: bytes.span.bytes, with: &unpacker)
  }

  /// What is wrong with the request.
  var failure: APIError? {
    guard case .failure(let error) = call else { return nil }
    return error
  }
}

extension Array where Element == UInt8 {
  init(_ bytes: RawSpan) {
    self = bytes.withUnsafeBytes { [UInt8]($0) }
  }
}

func packed(_ write: (inout Packer) -> Void) -> [UInt8] {
  var packer = Packer()
  write(&packer)
  return packer.withBytes { Array($0) }
}

/// An unpacker for replies, which may be of any size.
func replyUnpacker() -> Unpacker {
  Unpacker(limits: Limits(bytes: .max, depth: Limits.deepest, elements: .max))
}

/// 64 hexadecimal digits that begin with those given.
func hex(_ beginning: String) -> String {
  beginning + String(repeating: "0", count: 64 - beginning.utf8.count)
}

/// A digest as text, whose digits begin with those given.
func digestText(_ beginning: String) -> String { "sha256:" + hex(beginning) }
