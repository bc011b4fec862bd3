internal import CurveSecurity
internal import Diagnostics
internal import Logging
internal import WaybillServer
internal import ZeroMQ

/// Towards the workers.
extension BrokerLoop {
  /// The parts of a FINAL: the worker's identity, two of the command, the address, an empty one, and then the reply.
  static let replyStart = 5

  /// Does what a worker says.
  mutating func takeCommand() throws(ZeroMQError) {
    guard let command = Majordomo.Command(incoming, at: 1) else {
      counts.invalid += 1
      return noteDialect()
    }
    if workerAuthenticator.refusal(of: incoming, frame: 1) != nil {
      if let worker = workers[sender] { try handle(.gone(worker, .notAllowed)) }
      _ = try send(.disconnect, to: sender)
      return
    }
    switch command {
    case .final: try takeAnswer()
    case .ready: try takeReady()
    case .heartbeat:
      guard let worker = workers[sender] else { return try haveSenderJoinAgain() }
      try handle(.heartbeat(worker))
    case .disconnect:
      if let worker = workers[sender] { try handle(.gone(worker, .disconnected)) }
    case .request, .partial: try sendAway()
    }
  }

  /// Says once of each other protocol that it is spoken here.
  private mutating func noteDialect() {
    let dialect = Majordomo.dialect(of: incoming, at: 1)
    guard dialects.count < Self.maxDialects, dialects.insert(dialect).inserted else { return }
    var metadata: Logger.Metadata = [LogKey.reason: "it says \(dialect)"]
    if let address = incoming.metadata("Peer-Address", ofFrame: 1) { metadata[LogKey.address] = "\(address)" }
    logger.warning("a worker does not speak MDPW02", metadata: metadata)
  }

  private mutating func takeAnswer() throws(ZeroMQError) {
    guard incoming.count > Self.replyStart, incoming.isEmptyFrame(4),
      let address = incoming.withFrame(3, { ReturnAddress($0) })
    else { return try sendAway() }
    guard let worker = dispatcher.worker(address.worker), incoming.frame(0, equals: worker.identity) else {
      return try workers[sender] == nil ? haveSenderJoinAgain() : sendAway()
    }
    worker.answered += 1
    try handle(.answer(to: address.request, by: address.worker))
  }

  private mutating func takeReady() throws(ZeroMQError) {
    guard incoming.count == 4, incoming.frame(3, equals: Majordomo.service) else { return try sendAway() }
    if let worker = workers[sender] { try handle(.gone(worker, .startedAgain)) }
    joined += 1
    // The ROUTER made the first part itself; the others know which connection they came by.
    let worker = RegisteredWorker(
      identity: sender, number: joined, address: incoming.metadata("Peer-Address", ofFrame: 1),
      key: workerAuthenticator.hasList ? incoming.metadata("User-Id", ofFrame: 1) : nil)
    try handle(.ready(worker))
  }

  /// Tells a worker that counts as lost, and has more to say, to begin anew: it was stopped, or there was a broker before.
  private func haveSenderJoinAgain() throws(ZeroMQError) {
    _ = try send(.disconnect, to: sender)
  }

  /// Tells somebody who says what a worker cannot say now to begin anew, on a new socket.
  private mutating func sendAway() throws(ZeroMQError) {
    counts.invalid += 1
    if let worker = workers[sender] { try handle(.gone(worker, .brokeProtocol)) }
    _ = try send(.disconnect, to: sender)
  }

  /// What the ROUTER calls the one who said what has come.
  private var sender: [UInt8] {
    incoming.withFrame(0) { bytes in bytes.withUnsafeBytes { [UInt8]($0) } }
  }
}

// MARK: - What the dispatcher wants

extension BrokerLoop {
  mutating func welcome(_ handle: Handle) {
    guard let worker = dispatcher.worker(handle) else { return }
    workers[worker.identity] = handle
    logger.notice("worker joined", metadata: metadata(of: worker))
  }

  mutating func forget(_ worker: RegisteredWorker, _ departure: Departure) {
    workers[worker.identity] = nil
    if departure.isLoss { counts.losses[departure.name, default: 0] += 1 }
    var metadata = metadata(of: worker)
    metadata[LogKey.reason] = "\(departure.rawValue)"
    logger.log(
      level: departure.isLoss || dispatcher.workerCount == 0 ? .warning : .notice,
      departure.isLoss ? "worker lost" : "worker left", metadata: metadata)
  }

  private func metadata(of worker: RegisteredWorker) -> Logger.Metadata {
    var metadata = worker.metadata
    metadata[LogKey.workers] = "\(dispatcher.workerCount)"
    return metadata
  }

  mutating func dispatch(_ request: Handle, to handle: Handle) throws(ZeroMQError) {
    guard let pending = dispatcher.request(request), let worker = dispatcher.worker(handle) else { return }
    // It is looked at only now, as the client may have read much since it asked, or been sent much. To have a reply made
    // that has to be dropped would take the worker's time from others.
    if let share = shares.existingShare(of: client(of: pending)), outstanding.isUsedUp(share) {
      return dispatcher.handle(.reject(request, to: handle), at: now)
    }
    guard try send(.request, to: worker.identity, more: true) else {
      return dispatcher.handle(.undeliverable(request, to: handle), at: now)
    }
    pending.dispatches += 1
    if pending.dispatches > 1 {
      counts.repeated += 1
      logger.debug("asking one more worker", metadata: worker.metadata)
    }
    let address = ReturnAddress(request: request, worker: handle)
    try address.withBytes { (bytes) throws(ZeroMQError) in try backend.send(copying: bytes, more: true) }
    try backend.send(Message(), more: true)
    let last = pending.message.count - 1
    for index in pending.bodyStart...last {
      try backend.send(try pending.message.duplicateFrame(index), more: index < last)
    }
  }

  mutating func sendHeartbeat(to handle: Handle) throws(ZeroMQError) {
    guard let worker = dispatcher.worker(handle), try !send(.heartbeat, to: worker.identity) else { return }
    dispatcher.handle(.gone(handle, .unreachable), at: now)
  }

  func dismiss(_ handle: Handle) throws(ZeroMQError) {
    guard let worker = dispatcher.worker(handle) else { return }
    _ = try send(.disconnect, to: worker.identity)
  }

  /// Sends the beginning of a command, or the whole of it.
  ///
  /// - Returns: False when the worker's connection is gone, or its queue of a thousand messages is full.
  private func send(
    _ command: Majordomo.Command, to identity: [UInt8], more: Bool = false
  ) throws(ZeroMQError) -> Bool {
    do throws(ZeroMQError) {
      var name = try Message(identity)
      guard try backend.sendIfReady(&name, more: true) else { return false }
    } catch {
      guard error.code == .hostUnreachable else { throw error }
      return false
    }
    try backend.send(command, more: more)
    return true
  }
}
