import Foundation
import ImageWire
import MessagePack
import ServiceTesting

/// The published contract, in `Schemas/`.
enum Contract {
  static let root = URL(filePath: #filePath).appending(path: "../../..").standardized
  static let schemas = root.appending(path: "Schemas")

  /// The bytes of a golden message; a name may begin with `invalid/`.
  static func golden(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: schemas.appending(path: "golden/\(name).msgpack")))
  }

  /// A golden request as the worker reads it.
  static func request(_ name: String) throws -> Request {
    let bytes = try golden(name)
    var unpacker = Unpacker()
    return Request(decoding: bytes.span.bytes, with: &unpacker)
  }

  /// The names of the golden messages, without the invalid ones.
  static func goldenNames() throws -> Set<String> {
    let files = try FileManager.default.contentsOfDirectory(
      at: schemas.appending(path: "golden"), includingPropertiesForKeys: nil)
    return Set(files.filter { $0.pathExtension == "msgpack" }.map { $0.deletingPathExtension().lastPathComponent })
  }

  /// A part of a schema, by the keys on the way to it.
  static func schema(_ name: String, _ path: String...) throws -> Any {
    var node = try JSONSerialization.jsonObject(with: Data(contentsOf: schemas.appending(path: "\(name).schema.json")))
    for key in path {
      guard let child = (node as? [String: Any])?[key] else { throw MissingNode(schema: name, path: path) }
      node = child
    }
    return node
  }

  struct MissingNode: Error {
    let schema: String
    let path: [String]
  }
}
