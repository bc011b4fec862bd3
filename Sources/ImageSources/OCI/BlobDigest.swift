internal import ImageAPI

internal import struct Crypto.SHA512

/// A digest that names a blob, by the grammar of the OCI image specification.
enum BlobDigest: Sendable, Hashable {
  case sha256(Digest)
  /// The 128 hexadecimal digits.
  case sha512(String)
  /// Well formed, but with an algorithm that is not registered: a blob that is not opened may have one.
  case unsupported(String)

  /// Parses `algorithm:encoded`; nil for what is no digest, such as `sha256:../../etc/passwd`.
  init?(_ text: ArraySlice<UInt8>) {
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let algorithm = text[..<colon]
    let encoded = text[(colon + 1)...]
    if algorithm.elementsEqual("sha256".utf8) {
      guard let digest = Digest(utf8: text.span) else { return nil }
      self = .sha256(digest)
    } else if algorithm.elementsEqual("sha512".utf8) {
      guard encoded.count == 128, encoded.allSatisfy({ ASCII.hexValue($0) != nil }) else { return nil }
      self = .sha512(String(decoding: encoded, as: UTF8.self))
    } else {
      guard Self.isAlgorithm(algorithm), !encoded.isEmpty, encoded.allSatisfy(Self.isEncoded) else { return nil }
      self = .unsupported(String(decoding: text, as: UTF8.self))
    }
  }

  /// The folder below `blobs` and the file in it; nil for an algorithm that cannot be checked.
  var file: (folder: String, name: String)? {
    switch self {
    case .sha256(let digest): ("sha256", digest.hex)
    case .sha512(let hex): ("sha512", hex)
    case .unsupported: nil
    }
  }

  /// Whether `bytes` are what the digest names.
  func matches(_ bytes: [UInt8]) -> Bool {
    switch self {
    case .sha256(let digest):
      Digest(sha256Of: bytes) == digest
    case .sha512(let hex):
      SHA512.hash(data: bytes).elementsEqual(BlobDigest.bytes(hex))
    case .unsupported:
      false
    }
  }

  private static func bytes(_ hex: String) -> [UInt8] {
    let values = hex.utf8.compactMap(ASCII.hexValue)
    return stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }
  }

  private static func isAlgorithm(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.split(omittingEmptySubsequences: false) { "+._-".utf8.contains($0) }
      .allSatisfy { part in
        !part.isEmpty
          && part.allSatisfy {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
          }
      }
  }

  private static func isEncoded(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "="), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

extension BlobDigest: CustomStringConvertible {
  var description: String {
    switch self {
    case .sha256(let digest): digest.description
    case .sha512(let hex): "sha512:\(hex)"
    case .unsupported(let text): text
    }
  }
}
