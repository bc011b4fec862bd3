internal import MessagePack

/// A MessagePack object as a literal: `["filter": ["image": "busybox"]]`. Keys keep their order, and may come twice.
package indirect enum Tree: Sendable {
  case none
  case flag(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case text(String)
  case array([Tree])
  case map([(Tree, Tree)])
  /// Bytes that stand for themselves: what no literal can say.
  case raw([UInt8])

  package var bytes: [UInt8] {
    var packer = Packer()
    pack(into: &packer)
    return packer.withBytes { bytes in bytes.withUnsafeBytes { [UInt8]($0) } }
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
  package init(nilLiteral: ()) { self = .none }
  package init(booleanLiteral flag: Bool) { self = .flag(flag) }
  package init(integerLiteral integer: Int64) { self = .integer(integer) }
}

extension Tree: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self = .text(text) }
}

extension Tree: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  package init(arrayLiteral elements: Tree...) { self = .array(elements) }
  package init(dictionaryLiteral pairs: (Tree, Tree)...) { self = .map(pairs) }
}
