internal import Diagnostics
internal import ImageAPI
internal import MessagePack

extension Value {
  /// The pairs of a map; nil where there is none. An empty array is an empty map, as PHP and Lua have no other.
  var pairs: MapView? { map ?? (array?.isEmpty == true ? MapView() : nil) }

  /// Reads a map whose keys are known, each at most once.
  ///
  /// In a request an empty array is an empty map, and an unknown key is an error: `{"fliter": …}` must not list everything.
  /// In a reply an unknown key is skipped, as a later version of waybill may add keys.
  func readFields<Key: RawRepresentable<String> & CaseIterable>(
    at path: StaticString,
    _ keys: Key.Type,
    isRequest: Bool = false,
    _ read: (Key, Value) throws(APIError) -> Void
  ) throws(APIError) {
    guard let pairs = isRequest ? pairs : map else { throw APIError(mismatch(at: path, expected: "a map")) }
    for (index, (key, value)) in pairs.enumerated() {
      guard key.kind == .string else {
        throw .invalidArgument("\(path): a key is a string, got \(key.summary)")
      }
      guard let known = Key.allCases.first(where: { key.equals($0.rawValue) }) else {
        let name = try key.apiString(at: path)
        guard isRequest else { continue }
        throw .invalidArgument("\(path): there is no key \(quoted(name))")
      }
      if pairs[..<index].contains(where: { $0.key.equals(known.rawValue) }) {
        throw .invalidArgument("\(path): the key \(quoted(known.rawValue)) stands there twice")
      }
      try read(known, value)
    }
  }

  @discardableResult
  func apiString(at path: StaticString) throws(APIError) -> String {
    do throws(MessagePackError) {
      return try string(at: path)
    } catch {
      throw APIError(error)
    }
  }

  /// The text; empty for nil, as in protobuf.
  func optionalString(at path: StaticString) throws(APIError) -> String {
    isNil ? "" : try apiString(at: path)
  }

  func elements(at path: StaticString) throws(APIError) -> ArrayView {
    guard let array else { throw APIError(mismatch(at: path, expected: "an array")) }
    return array
  }

  /// The elements of an array, each as `read` reads it.
  func list<Element>(
    at path: StaticString, _ read: (Value) throws(APIError) -> Element
  ) throws(APIError) -> [Element] {
    let elements = try elements(at: path)
    var list: [Element] = []
    list.reserveCapacity(elements.count)
    for element in elements { list.append(try read(element)) }
    return list
  }

  func strings(at path: StaticString) throws(APIError) -> [String] {
    try list(at: path) { (element) throws(APIError) in try element.apiString(at: path) }
  }

  func unsigned(at path: StaticString) throws(APIError) -> UInt64 {
    guard let uint64 else { throw APIError(mismatch(at: path, expected: "an integer from 0 on")) }
    return uint64
  }

  /// How many of something; more than there are numbers is as many as there are.
  func count(at path: StaticString) throws(APIError) -> Int {
    Int(clamping: try unsigned(at: path))
  }

  func flag(at path: StaticString) throws(APIError) -> Bool {
    guard let bool else { throw APIError(mismatch(at: path, expected: "true or false")) }
    return bool
  }
}
