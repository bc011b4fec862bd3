internal import Concurrency
internal import Diagnostics
package import Logging
internal import Synchronization
package import ZeroMQ

/// Decides who may connect to the sockets of a context, and whether a peer that is connected may still send requests.
///
/// libzmq asks once, when a connection is made, and cannot be told to close one. So the thread that receives a message asks
/// again by ``refusedKey(of:at:)``, before it passes the message on: a message that is passed on has lost its sender.
package final class ZAPAuthenticator: Sendable {
  private let allowed = Lock<Set<String>>([])
  private let repeated = Lock(RepeatedFaults<Refusal>(most: 20, quiet: .seconds(60)))
  private let refusals: RefusalCounts
  /// Whether there is a list of keys. Without one every peer is let in.
  package let hasList: Bool
  private let logger: Logger

  private let isStopping = Atomic(false)
  private let thread = Lock<NamedThread?>(nil)

  /// What makes two refusals the same: a client with a wrong key comes again ten times a second, each time from another port.
  private struct Refusal: Hashable {
    let key: String
    let reason: String
  }

  /// A change of the list counts within two seconds: this for the wait, the rest for reading.
  private static let checkInterval = Duration.milliseconds(250)

  /// Becomes the ZAP handler of the context, before an endpoint is bound, if there is a list of keys.
  ///
  /// Peers that connect before the list has been read wait in their handshake until it has.
  ///
  /// - Throws: `addressInUse` when the context has another ZAP handler.
  package init(
    _ security: ServerSecurity, in context: Context, _ refusals: RefusalCounts, logger: Logger
  ) throws(ZeroMQError) {
    self.refusals = refusals
    self.logger = logger
    guard case .curve(_, .folder(let path)) = security else {
      hasList = false
      return
    }
    hasList = true
    let handOver = HandOver(try ZAPHandler(in: context, timeout: Self.checkInterval))
    let started = NamedThread.start("waybill-zap") { [self] in
      guard let handler = handOver.take() else { return }
      run(handler, in: context, by: AuthorizedKeys(path: path))
    }
    thread.withLock { $0 = started }
  }

  /// Ends its thread. The endpoints must have gone before, as libzmq lets every peer in while there is no handler.
  package func stop() {
    isStopping.store(true, ordering: .relaxed)
    // A folder on a disk that hangs may be read for longer, and nothing depends on that.
    _ = thread.withLock { $0 }?.join(atMost: .seconds(1))
  }

  /// Whether the sender of a message may still ask.
  ///
  /// - Parameters:
  ///   - key: The message's `userID`. A message without one came over a connection that this process made itself.
  ///   - address: The message's `peerAddress`.
  /// - Returns: The sender's key, when it is not allowed any more.
  package func refusedKey(
    of key: @autoclosure () -> String?, at address: @autoclosure () -> String?
  ) -> String? {
    guard hasList, let key = key(), !allowed.withLock({ $0.contains(key) }) else { return nil }
    noteRefusal(.keyNotAllowed, key: key, address: address() ?? "", "not allowed any more")
    return key
  }

  /// As ``refusedKey(of:at:)``, of a message of several frames whose frame at `index` the peer sent.
  package func refusedKey(of message: borrowing MultipartMessage, frame index: Int) -> String? {
    guard hasList else { return nil }
    let address = message.metadata("Peer-Address", ofFrame: index)
    return refusedKey(of: message.metadata("User-Id", ofFrame: index), at: address)
  }

  private func run(_ handler: borrowing ZAPHandler, in context: Context, by list: AuthorizedKeys) {
    var list = list
    var contents = list.read() ?? AuthorizedKeys.Contents()
    accept(contents, of: list.path)
    var lastRead = ContinuousClock.now
    do throws(ZeroMQError) {
      while !isStopping.load(ordering: .relaxed) {
        _ = try handler.answer(decide)
        guard ContinuousClock.now - lastRead >= Self.checkInterval else { continue }
        lastRead = .now
        logEndedRefusals()
        guard let new = list.read(), new != contents else { continue }
        contents = new
        accept(contents, of: list.path)
      }
    } catch {
      guard error.code != .contextTerminated else { return }
      logger.critical("cannot decide who may connect", metadata: [LogKey.error: "\(error)"])
      // Sockets without a handler would let every peer in.
      context.shutdown()
    }
  }

  private func decide(_ request: ZAPRequest) -> ZAPReply {
    guard case .curve(let key) = request.mechanism else {
      noteRefusal(.handshake, key: "", address: request.address, "not CURVE")
      return .refuse("CURVE only")
    }
    guard allowed.withLock({ $0.contains(key) }) else {
      noteRefusal(.keyNotAllowed, key: key, address: request.address, "not among the authorized keys")
      return .refuse("not allowed")
    }
    return .allow(userID: key)
  }

  private func accept(_ contents: AuthorizedKeys.Contents, of path: String) {
    allowed.withLock { $0 = contents.keys }
    for problem in contents.problems.prefix(Self.maxLogged) {
      logger.error("cannot read an authorized key", metadata: [LogKey.error: "\(problem)"])
    }
    let metadata: Logger.Metadata = [LogKey.path: "\(path)", LogKey.keys: "\(contents.keys.count)"]
    if contents.keys.isEmpty {
      logger.error("no authorized keys: nobody is let in", metadata: metadata)
    } else {
      logger.notice("authorized keys", metadata: metadata)
    }
  }

  /// As many broken files as one reading logs.
  private static let maxLogged = 20

  private func noteRefusal(_ kind: RefusalCounts.Reason, key: String, address: String, _ reason: String) {
    refusals.note(kind)
    guard repeated.withLock({ $0.note(Refusal(key: key, reason: reason), at: .now) }) else { return }
    logger.warning(
      "refused a client",
      metadata: [LogKey.address: "\(address)", LogKey.key: "\(key)", LogKey.reason: "\(reason)"])
  }

  private func logEndedRefusals() {
    let (ended, others) = repeated.withLock { ($0.takeEnded(at: .now), $0.takeOthers(at: .now)) }
    for refusal in ended {
      logger.notice(
        "a refused client stays away",
        metadata: [
          LogKey.key: "\(refusal.kind.key)", LogKey.reason: "\(refusal.kind.reason)",
          LogKey.repeated: "\(refusal.repeated)",
        ])
    }
    guard others > 0 else { return }
    logger.warning("refused many clients", metadata: [LogKey.refused: "\(others)"])
  }
}
