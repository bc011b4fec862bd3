internal import Glibc

/// One connection to an ``HTTPServer``: a request comes, a reply goes, and that is all.
struct HTTPConnection {
  let descriptor: CInt
  /// When whoever connected has had time enough.
  private var deadline: ContinuousClock.Instant
  private var received: [UInt8] = []
  private var reply: [UInt8] = []
  private var sent = 0
  private var state = State.reading

  private enum State {
    case reading
    case writing
    /// The reply is written. What the other end still sends is read and thrown away until it closes, as a connection that
    /// is closed with bytes unread may lose the reply.
    case finishing
    case over
  }

  init(descriptor: CInt, deadline: ContinuousClock.Instant) {
    self.descriptor = descriptor
    self.deadline = deadline
  }

  /// What to wait for.
  var events: Int16 { Int16(state == .writing ? POLLOUT : POLLIN) }

  /// Closes the connection if it is over, or its time is.
  func closeIfOver(at now: ContinuousClock.Instant) -> Bool {
    guard state == .over || now >= deadline else { return false }
    close(descriptor)
    return true
  }

  /// Reads or writes what can be without waiting.
  mutating func proceed(_ answer: (_ path: String) -> HTTPReply?) {
    if state == .reading { read(answer) }
    if state == .writing { write() }
    if state == .finishing { discard() }
  }

  private mutating func read(_ answer: (_ path: String) -> HTTPReply?) {
    guard let count = receive() else { return }
    guard count > 0 else {
      state = .over
      return
    }
    switch HTTPRequestHead.read(received) {
    case .partial: return
    case .wrong(let refusal): begin(refusal)
    case .whole(let head) where head.method == "GET" || head.method == "HEAD":
      let reply = answer(head.path) ?? HTTPReply(.notFound, "there is no \(head.path.prefix(200)); try /")
      begin(reply, isHead: head.method == "HEAD")
    case .whole: begin(HTTPReply(.methodNotAllowed, "only GET and HEAD are answered"))
    }
  }

  private mutating func begin(_ reply: HTTPReply, isHead: Bool = false) {
    received = []
    self.reply = reply.bytes(isHead: isHead)
    deadline = .now + HTTPServer.patience
    state = .writing
  }

  private mutating func write() {
    let written = reply.withUnsafeBytes { bytes in
      send(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, CInt(MSG_NOSIGNAL))
    }
    guard written >= 0 else {
      if errno != EAGAIN, errno != EINTR { state = .over }
      return
    }
    sent += written
    guard sent == reply.count else { return }
    shutdown(descriptor, CInt(SHUT_WR))
    state = .finishing
  }

  private mutating func discard() {
    guard let count = receive() else { return }
    received = []
    if count == 0 { state = .over }
  }

  /// Takes what has come; 0 when nothing more comes, nil when nothing has come.
  private mutating func receive() -> Int? {
    var chunk = [UInt8](repeating: 0, count: HTTPRequestHead.maxBytes)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { return count == 0 || (errno != EAGAIN && errno != EINTR) ? 0 : nil }
    received += chunk[..<count]
    return count
  }
}
