package import ImageAPI
package import MessagePack

extension APIError {
  /// The error for bytes that cannot be read, because they are over a limit or wrong.
  package init(_ error: MessagePackError) {
    self.init(error.code.isLimit || error.code == .outOfMemory ? .resourceExhausted : .invalidArgument, error.message)
  }

  /// Reads `{"code", "status", "message"}`. The number decides; a code that is not known counts as `INTERNAL`.
  init(decoding value: Value) throws(APIError) {
    enum Key: String, CaseIterable { case code, status, message }
    var code = StatusCode.internal
    var message = ""
    try value.readFields(at: "error", Key.self) { (key, value) throws(APIError) in
      switch key {
      case .code: code = value.int64.flatMap { StatusCode(rawValue: Int($0)) } ?? .internal
      case .status: try value.apiString(at: "error.status")
      case .message: message = try value.apiString(at: "error.message")
      }
    }
    self.init(code, message)
  }
}

extension Packer {
  mutating func pack(_ error: APIError) {
    packMapHeader(3)
    packKey("code")
    pack(error.code.rawValue)
    packKey("status")
    pack(error.code.name)
    packKey("message")
    pack(error.message)
  }
}
