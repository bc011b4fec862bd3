package import ZeroMQ

/// Receiving within the socket's ``SocketOption/receiveTimeout``, for a loop that has something else to look at as well.
extension Socket {
  /// Waits for the next part of a message.
  ///
  /// - Returns: Whether one came in time.
  /// - Throws: As ``receive()``, without `timedOut`.
  package func receiveInTime(into message: inout Message) throws(ZeroMQError) -> Bool {
    do throws(ZeroMQError) {
      try receive(into: &message)
      return true
    } catch {
      guard error.code == .timedOut else { throw error }
      return false
    }
  }

  /// Waits for a whole message, of any size.
  ///
  /// - Returns: Whether one came in time.
  /// - Throws: As ``receiveMultipart(maxParts:maxBytes:)``, without `timedOut`.
  package func receiveInTime(into message: inout MultipartMessage) throws(ZeroMQError) -> Bool {
    do throws(ZeroMQError) {
      try receive(into: &message, maxParts: .max, maxBytes: .max)
      return true
    } catch {
      guard error.code == .timedOut else { throw error }
      return false
    }
  }
}
