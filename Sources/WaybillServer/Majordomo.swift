internal import Diagnostics
package import ZeroMQ

/// The worker's side of the Majordomo protocol, version 0.2 (RFC 18/MDP): what broker and workers say to each other.
///
/// A command is `MDPW02`, one byte that names it, and what belongs to it: the service for READY; for REQUEST and FINAL the
/// address of a client, an empty part and the body. Only the broker reads the address; a worker sends it back as it came.
package enum Majordomo {
  package static let header = Array("MDPW02".utf8)
  /// The one service of waybill.
  package static let service = Array("waybill".utf8)

  /// How often an end says that it is there, and how long it waits for a word of the other one.
  package struct Heartbeat: Sendable, Hashable {
    /// The time between two heartbeats: the broker finds within it that a worker was killed.
    package var interval: Duration
    /// For so many intervals the other end may say nothing.
    package var liveness: Int

    /// By default three times the 2.5 seconds that pass between two heartbeats of the ZeroMQ guide's programs, libmdp and
    /// majortomo.
    package init(interval: Duration = .milliseconds(500), liveness: Int = 15) {
      self.interval = interval
      self.liveness = liveness
    }

    /// After so long without a word the other end counts as gone.
    package var timeout: Duration { interval * liveness }
  }

  package enum Command: UInt8 {
    case ready = 1
    case request = 2
    /// One of several replies. A request to waybill has one.
    case partial = 3
    case final = 4
    case heartbeat = 5
    case disconnect = 6

    /// Reads the two parts that every command begins with; nil when they are something else.
    package init?(_ message: borrowing MultipartMessage, at index: Int) {
      guard message.count > index + 1, message.frame(index, equals: Majordomo.header) else { return nil }
      let byte = message.withFrame(index + 1) { bytes in
        bytes.byteCount == 1 ? bytes.unsafeLoad(as: UInt8.self) : 0
      }
      guard let command = Command(rawValue: byte) else { return nil }
      self = command
    }
  }
}

extension Majordomo {
  /// What a message that is no command of this version speaks, for a log.
  ///
  /// - Parameters:
  ///   - message: The message.
  ///   - index: Where a command would begin.
  /// - Returns: The text.
  package static func dialect(of message: borrowing MultipartMessage, at index: Int) -> String {
    guard message.count > index else { return "nothing" }
    // The guide's workers put an empty part before the header.
    let isDelimited = message.isEmptyFrame(index) && message.count > index + 1
    let header = message.withFrame(isDelimited ? index + 1 : index) { bytes in
      bytes.withUnsafeBytes { [UInt8]($0.prefix(16)) }
    }
    guard !header.isEmpty, header.allSatisfy({ 0x20..<0x7f ~= $0 }) else {
      return isDelimited ? "what a client says, and clients connect to the frontend" : "what is no text"
    }
    return "\(isDelimited ? "an empty part and " : "")\(quoted(String(decoding: header, as: UTF8.self)))"
  }
}

extension Socket {
  /// Sends the beginning of a command, or the whole of it.
  ///
  /// - Throws: `ZeroMQError` as ``send(_:more:)``.
  package func send(_ command: Majordomo.Command, more: Bool = false) throws(ZeroMQError) {
    try send(Majordomo.header, more: true)
    let byte: [1 of UInt8] = [command.rawValue]
    try send(copying: byte.span.bytes, more: more)
  }
}

extension MultipartMessage {
  /// Whether a frame has exactly these bytes.
  package func frame(_ index: Int, equals expected: [UInt8]) -> Bool {
    withFrame(index) { bytes in bytes.withUnsafeBytes { $0.elementsEqual(expected) } }
  }

  package func isEmptyFrame(_ index: Int) -> Bool {
    withFrame(index) { $0.byteCount == 0 }
  }
}
