internal import ImageAPI
internal import MessagePack

/// A call by MessagePack-RPC as a client makes it: `[0, 0, method, [params]]`, answered by `[1, 0, error, result]`.
extension Packer {
  /// Begins a call; its parameters come next.
  mutating func beginCall(_ method: StaticString, parameters: Int = 1) {
    packArrayHeader(4)
    pack(0)
    pack(0)
    packKey(method)
    packArrayHeader(parameters)
  }
}

extension Unpacker {
  /// Reads the result of a call.
  ///
  /// - Throws: The ``APIError`` that the reply carries, or one with the code `INTERNAL` when it is no reply or `read`
  ///   cannot read its result.
  mutating func unpackResult<Result>(
    of bytes: RawSpan, _ read: (Value) throws(APIError) -> Result
  ) throws(APIError) -> Result {
    try unpack(bytes, failure: { APIError(unreadable: $0) }) { (root) throws(APIError) in
      // A broker answers in the plain form where it has not read the request.
      if let map = root.map, map.count == 1, map[0].key.equals("error") {
        throw try APIError(reply: map[0].value)
      }
      guard let array = root.array, array.count == 4, array[0].uint64 == 1 else {
        throw APIError(unreadable: "expected [1, msgid, error, result], got \(root.summary)")
      }
      guard array[2].isNil else { throw try APIError(reply: array[2]) }
      do throws(APIError) {
        return try read(array[3])
      } catch {
        throw APIError(unreadable: error.message)
      }
    }
  }
}
