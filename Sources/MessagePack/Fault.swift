/// What ``Limits/check(_:)`` stopped at, as numbers: the text is made only when it is thrown.
struct LimitError {
  let code: MessagePackError.Code
  let offset: Int
  /// What the message claims at the offset: a length, a count or a depth.
  let declared: Int

  init(_ code: MessagePackError.Code, at offset: Int, declared: Int = 0) {
    self.code = code
    self.offset = offset
    self.declared = declared
  }
}

extension MessagePackError {
  @inline(never)
  init(_ fault: LimitError, limits: Limits) {
    let message =
      switch fault.code {
      case .empty:
        "an empty message; expected one MessagePack object"
      case .tooManyBytes:
        "the message has \(fault.declared) bytes; at most \(limits.bytes) are allowed"
      case .truncated where fault.declared > 0:
        "the message ends early: the object at byte \(fault.offset) declares a length of \(fault.declared)"
      case .truncated:
        "the message ends early: an object is missing or incomplete at byte \(fault.offset)"
      case .trailingBytes:
        "\(fault.declared) bytes follow the object, from byte \(fault.offset) on; expected one object and nothing else"
      case .reservedByte:
        "byte \(fault.offset) is 0xc1, which MessagePack never uses"
      case .tooDeep:
        "the container at byte \(fault.offset) is nested \(fault.declared) deep; at most \(limits.depth) is allowed"
      case .tooManyElements:
        "the container at byte \(fault.offset) has \(fault.declared) elements; at most \(limits.elements) are allowed"
      default:
        "not MessagePack at byte \(fault.offset)"
      }
    self.init(fault.code, message, offset: fault.offset)
  }
}
