import Diagnostics
import Foundation
import Yams

/// A tree of values that keeps the order of its keys, to be printed as JSON or YAML.
enum Document {
  case object([(key: String, value: Document)])
  case array([Document])
  case string(String)
  case integer(Int)
  case bool(Bool)
  case null

  /// JSON as protobuf's own printer lays it out: two spaces a level, an empty container on one line.
  var json: String { json(indent: "") }

  private func json(indent: String) -> String {
    let inner = indent + "  "
    switch self {
    case .object(let pairs):
      guard !pairs.isEmpty else { return "{}" }
      let lines = pairs.map { "\(inner)\($0.key.quotedAsJSON): \($0.value.json(indent: inner))" }
      return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
    case .array(let elements):
      guard !elements.isEmpty else { return "[]" }
      let lines = elements.map { inner + $0.json(indent: inner) }
      return "[\n\(lines.joined(separator: ",\n"))\n\(indent)]"
    case .string(let text): return text.quotedAsJSON
    case .integer(let number): return String(number)
    case .bool(let flag): return String(flag)
    case .null: return "null"
    }
  }

  /// What stands in JSON, as a parser of YAML reads it.
  init(_ node: Node) {
    switch node {
    case .mapping(let mapping): self = .object(mapping.map { ($0.key.string ?? "", Document($0.value)) })
    case .sequence(let sequence): self = .array(sequence.map { Document($0) })
    case .scalar(let scalar) where scalar.style == .doubleQuoted: self = .string(scalar.string)
    default: self = node.int.map { .integer($0) } ?? node.bool.map { .bool($0) } ?? .null
    }
  }

  var yaml: Node {
    switch self {
    case .object(let pairs): Node.mapping(.init(pairs.map { (Node($0.key), $0.value.yaml) }))
    case .array(let elements): Node.sequence(.init(elements.map(\.yaml)))
    case .string(let text): Node(text, Tag(.str), Self.isPlain(text) ? .any : .doubleQuoted)
    case .integer(let number): Node(String(number), Tag(.int))
    case .bool(let flag): Node(String(flag), Tag(.bool))
    case .null: Node("null", Tag(.null))
    }
  }

  /// Whether a YAML parser reads the text without quotes as text, not as a number, a boolean, a date or null.
  private static func isPlain(_ text: String) -> Bool {
    text.first?.isLetter ?? false && Resolver.default.resolveTag(of: Node(text)) == .str
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/.:@-_".contains($0)) } && text.last != ":"
  }
}
