internal import CZeroMQ

/// An option of a ``Socket`` and the type of its value: `try socket.set(.linger, to: .seconds(1))`.
///
/// Set options before ``Socket/bind(_:)`` and ``Socket/connect(_:)``: most apply to connections made later only. The
/// defaults given are libzmq's, from zmq_setsockopt(3).
public struct SocketOption<Value: Sendable>: Sendable {
  let read: @Sendable (SocketHandle) throws(ZeroMQError) -> Value
  let write: @Sendable (SocketHandle, Value) throws(ZeroMQError) -> Void
}

extension Socket {
  /// Sets an option.
  ///
  /// - Throws: `invalidArgument` for a value out of range, or an option that this type of socket does not have.
  public func set<Value>(_ option: SocketOption<Value>, to value: Value) throws(ZeroMQError) {
    try option.write(handle, value)
  }

  /// Reads an option.
  ///
  /// - Throws: `invalidArgument` for an option that libzmq can only set, or that this type of socket does not have.
  public func get<Value>(_ option: SocketOption<Value>) throws(ZeroMQError) -> Value {
    try option.read(handle)
  }
}

extension SocketOption where Value == Int {
  static func integer(_ number: Int32, _ name: String) -> Self {
    SocketOption(
      read: { (handle) throws(ZeroMQError) in Int(try handle.integer(number, as: Int32.self, "read \(name)")) },
      write: { (handle, value) throws(ZeroMQError) in
        try handle.set(number, to: Int32(exactly: value), "set \(name) to \(value)")
      })
  }
}

extension SocketOption where Value == Int? {
  /// `none` is what libzmq writes for nil; its type is that of the option in zmq_setsockopt(3).
  static func integer<Raw: FixedWidthInteger & Sendable>(_ number: Int32, _ name: String, none: Raw) -> Self {
    SocketOption(
      read: { (handle) throws(ZeroMQError) in
        let raw = try handle.integer(number, as: Raw.self, "read \(name)")
        return raw == none ? nil : Int(raw)
      },
      write: { (handle, value) throws(ZeroMQError) in
        // A negative number must not slip through as libzmq's sign for "none".
        let raw = value.map { $0 < 0 ? nil : Raw(exactly: $0) } ?? none
        try handle.set(number, to: raw, "set \(name) to \(value.map(String.init) ?? "none")")
      })
  }
}

extension SocketOption where Value == Bool {
  static func flag(_ number: Int32, _ name: String) -> Self {
    SocketOption(
      read: { (handle) throws(ZeroMQError) in try handle.integer(number, as: Int32.self, "read \(name)") != 0 },
      write: { (handle, value) throws(ZeroMQError) in
        try handle.set(number, to: Int32(value ? 1 : 0), "set \(name) to \(value)")
      })
  }
}

extension SocketOption where Value == Bool? {
  static func flag(_ number: Int32, _ name: String) -> Self {
    SocketOption(
      read: { (handle) throws(ZeroMQError) in
        let raw = try handle.integer(number, as: Int32.self, "read \(name)")
        return raw < 0 ? nil : raw != 0
      },
      write: { (handle, value) throws(ZeroMQError) in
        let raw: Int32 = value.map { $0 ? 1 : 0 } ?? -1
        try handle.set(number, to: raw, "set \(name) to \(value.map(String.init) ?? "the system's default")")
      })
  }
}

extension SocketOption where Value == Duration? {
  /// An option in whole seconds, at least one, where libzmq writes -1 for nil. It would take 0, which the system does not.
  static func seconds(_ number: Int32, _ name: String) -> Self {
    SocketOption(
      read: { (handle) throws(ZeroMQError) in
        let raw = try handle.integer(number, as: Int32.self, "read \(name)")
        return raw < 0 ? nil : .seconds(raw)
      },
      write: { (handle, value) throws(ZeroMQError) in
        let raw = value.map { $0 <= .zero ? nil : Int32(exactly: $0.wholeSeconds) } ?? -1
        try handle.set(number, to: raw, "set \(name) to \(value.map { "\($0)" } ?? "the system's default")")
      })
  }

  /// `none` is what libzmq writes for nil: -1 or 0, as the option has it.
  static func milliseconds(_ number: Int32, _ name: String, none: Int32) -> Self {
    SocketOption(
      read: { (handle) throws(ZeroMQError) in
        let raw = try handle.integer(number, as: Int32.self, "read \(name)")
        return raw == none ? nil : .milliseconds(raw)
      },
      write: { (handle, value) throws(ZeroMQError) in
        let raw = value.map { $0 < .zero ? nil : Int32(exactly: $0.wholeMilliseconds) } ?? none
        try handle.set(number, to: raw, "set \(name) to \(value.map { "\($0)" } ?? "none")")
      })
  }
}
