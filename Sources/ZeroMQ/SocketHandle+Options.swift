internal import CZeroMQ

/// The one place where `zmq_getsockopt` and `zmq_setsockopt` are called. `operation` is for the error.
extension SocketHandle {
  func integer<Raw: FixedWidthInteger>(
    _ option: Int32, as: Raw.Type, _ operation: @autoclosure () -> String
  ) throws(ZeroMQError) -> Raw {
    var value = Raw.zero
    var size = MemoryLayout<Raw>.size
    try ZeroMQError.check(zmq_getsockopt(pointer, option, &value, &size), operation())
    return value
  }

  /// A nil value is one that did not fit libzmq's integer.
  func set<Raw: FixedWidthInteger>(
    _ option: Int32, to value: Raw?, _ operation: @autoclosure () -> String
  ) throws(ZeroMQError) {
    guard var value else { throw ZeroMQError(errno: EINVAL, operation: operation()) }
    try ZeroMQError.check(zmq_setsockopt(pointer, option, &value, MemoryLayout<Raw>.size), operation())
  }

  func bytes(
    _ option: Int32, capacity: Int, _ operation: @autoclosure () -> String
  ) throws(ZeroMQError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: capacity)
    var size = capacity
    try ZeroMQError.check(zmq_getsockopt(pointer, option, &bytes, &size), operation())
    return Array(bytes.prefix(size))
  }

  /// Text, which libzmq ends with a NUL.
  func string(
    _ option: Int32, capacity: Int, _ operation: @autoclosure () -> String
  ) throws(ZeroMQError) -> String {
    String(decoding: try bytes(option, capacity: capacity, operation()).prefix { $0 != 0 }, as: UTF8.self)
  }

  func set(_ option: Int32, to bytes: [UInt8], _ operation: @autoclosure () -> String) throws(ZeroMQError) {
    try ZeroMQError.check(zmq_setsockopt(pointer, option, bytes, bytes.count), operation())
  }
}
