internal import MessagePack

extension Value {
  /// Whether it is the same as another value, however each is encoded. Numbers are the same bit by bit.
  func isSame(as other: Value) -> Bool {
    guard kind == other.kind, uint64 == other.uint64, int64 == other.int64, bool == other.bool,
      double?.bitPattern == other.double?.bitPattern, extensionType == other.extensionType, hasSameBytes(as: other),
      array?.count == other.array?.count, map?.count == other.map?.count
    else { return false }
    if let array, let others = other.array {
      return zip(array, others).allSatisfy { $0.isSame(as: $1) }
    }
    if let map, let others = other.map {
      return zip(map, others).allSatisfy { $0.key.isSame(as: $1.key) && $0.value.isSame(as: $1.value) }
    }
    return true
  }

  private func hasSameBytes(as other: Value) -> Bool {
    guard byteCount == other.byteCount else { return false }
    let isSame = withBytes { bytes in
      other.withBytes { others in
        bytes.withUnsafeBytes { left in others.withUnsafeBytes { right in left.elementsEqual(right) } }
      }
    }
    return isSame.flatMap { $0 } ?? true
  }

  /// Whether all the text in it is UTF-8.
  var isUTF8: Bool {
    if let array { return array.allSatisfy(\.isUTF8) }
    if let map { return map.allSatisfy { $0.key.isUTF8 && $0.value.isUTF8 } }
    return kind != .string || (try? checkString(at: "text")) != nil
  }
}

extension Packer {
  /// Writes a value as the packer itself encodes it.
  mutating func repack(_ value: Value) {
    switch value.kind {
    case .nil: packNil()
    case .bool: pack(value.bool ?? false)
    case .uint: pack(value.uint64 ?? 0)
    case .int: pack(value.int64 ?? 0)
    case .float: pack(value.double ?? 0)
    case .binary: value.withBytes { pack(binary: $0) }
    case .string: repackBody(of: value, head: [0xdb])
    case .extension: repackBody(of: value, head: [0xc9], type: value.extensionType)
    case .array:
      packArrayHeader(value.array?.count ?? 0)
      guard let elements = value.array else { return }
      for element in elements { repack(element) }
    case .map:
      packMapHeader(value.map?.count ?? 0)
      guard let pairs = value.map else { return }
      for pair in pairs {
        repack(pair.key)
        repack(pair.value)
      }
    }
  }

  /// Writes what the packer never does: text that is not UTF-8, and extensions.
  private mutating func repackBody(of value: Value, head: [UInt8], type: Int8? = nil) {
    let length = UInt32(value.byteCount ?? 0)
    let lengthBytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
    append(encoded: (head + lengthBytes + (type.map { [UInt8(bitPattern: $0)] } ?? [])).span.bytes)
    value.withBytes { append(encoded: $0) }
  }
}
