internal import CZeroMQ

/// What ``Message`` and ``MultipartMessage`` both do with libzmq's own struct.
extension zmq_msg_t {
  func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafePointer(to: self) { (pointer) throws(Failure) -> Result in
      // zmq_msg_data writes nothing; its argument lacks a const. Short bytes are inside `self`, which stays put in here.
      let start = zmq_msg_data(UnsafeMutablePointer(mutating: pointer))
      return try body(UnsafeRawBufferPointer(start: start, count: zmq_msg_size(pointer)).bytes)
    }
  }

  /// Mutating because zmq_msg_copy marks the source as shared.
  mutating func duplicate() throws(ZeroMQError) -> zmq_msg_t {
    var copy = zmq_msg_t()
    zmq_msg_init(&copy)
    try ZeroMQError.check(zmq_msg_copy(&copy, &self), "duplicate a message")
    return copy
  }
}
