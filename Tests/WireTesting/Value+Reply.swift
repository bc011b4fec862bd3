internal import ImageAPI
internal import MessagePack

extension Value {
  /// Whether it has the form of a reply, as `Schemas` draws it.
  var isReply: Bool {
    guard let array else { return keys == ["error"] ? map?.first?.value.isError ?? false : isListResult }
    guard array.count == 4, array[0].uint64 == 1, let messageID = array[1].uint64, messageID <= UInt32.max else {
      return false
    }
    return array[2].isNil ? array[3].isListResult || array[3].isOtherResult : array[2].isError && array[3].isNil
  }

  private var isListResult: Bool {
    // What a list lacks stands at its end.
    switch keys?.filter({ $0 != "left_out" && $0 != "stale" }) {
    case ["not_modified", "etag"]: self["not_modified"]?.bool == true && self["etag"]?.kind == .string
    case ["images", "etag"], ["images", "etag", "continue"]:
      self["images"]?.array?.allSatisfy(\.isImage) == true && self["etag"]?.kind == .string
        && self["continue"]?.kind ?? .string == .string
    default: false
    }
  }

  private var isOtherResult: Bool {
    switch keys {
    case ["nodes", "etag"], ["nodes", "etag", "continue"], ["images", "nodes"]: true
    default: isStatusResult
    }
  }

  private var isStatusResult: Bool {
    keys == ["node", "instance", "version", "uptime", "ready", "images", "etag", "requests", "sources"]
  }

  private var isImage: Bool {
    let keys = keys ?? []
    return keys.prefix(8) == ["id", "repo_tags", "repo_digests", "size", "uid", "username", "spec", "pinned"]
      && (keys.count == 8 || keys.dropFirst(8) == ["nodes"])
  }

  /// Whether it is an error whose code has its name, and whose message is short and nothing that disturbs a terminal.
  private var isError: Bool {
    guard keys == ["code", "status", "message"],
      let code = self["code"]?.int64.flatMap({ StatusCode(rawValue: Int($0)) }),
      let message = try? self["message"]?.string(at: "message")
    else { return false }
    return (try? self["status"]?.string(at: "status")) == code.name && 1...2_048 ~= message.utf8.count
      && message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }

  private var keys: [String]? {
    map?.map { (try? $0.key.string(at: "key")) ?? "" }
  }

  private subscript(key: String) -> Value? {
    map?.first { $0.key.equals(key) }?.value
  }
}
