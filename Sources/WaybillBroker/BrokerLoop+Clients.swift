internal import CurveSecurity
internal import Diagnostics
internal import ImageAPI
internal import ImageWire
internal import Logging
internal import WaybillServer
internal import ZeroMQ

/// Towards the clients.
extension BrokerLoop {
  /// What fits the envelope and the body of any client: more parts or bytes are not a request.
  private static let maxParts = 64
  private static let maxBytes = Socket.maxRequestBytes + 4_096

  /// Takes a request, if one has come.
  mutating func takeRequest() throws(ZeroMQError) -> Bool {
    do throws(ZeroMQError) {
      guard try frontend.receiveIfReady(into: &newcomer.message, maxParts: Self.maxParts, maxBytes: Self.maxBytes)
      else { return false }
    } catch {
      guard error.code == .messageTooLarge else { throw error }
      try refuseOversized(error)
      return true
    }
    lastRequest = now
    guard newcomer.findBody(), newcomer.bodyStart < newcomer.message.count else {
      // As with a REP socket: what is no request gets no reply.
      counts.invalid += 1
      if Majordomo.Command(newcomer.message, at: 1) != nil { try sendWorkerAway() }
      return true
    }
    let request = newcomer
    newcomer = spare.popLast() ?? PendingRequest()
    if let refusal = clientAuthenticator.refusal(of: request.message, frame: request.bodyStart) {
      try refuse(request, with: refusal)
    } else {
      try handle(.request(request, bytes: request.message.byteCount, from: client(of: request)))
    }
    return true
  }

  /// Says once that a worker has come to the wrong end, and has each one look for another place.
  private mutating func sendWorkerAway() throws(ZeroMQError) {
    if !hasSeenWorkerInFront {
      hasSeenWorkerInFront = true
      logger.warning("a worker has come to the frontend: workers connect to the backend")
    }
    do throws(ZeroMQError) {
      guard try frontend.sendIfReady(&newcomer.message, frames: 0..<1, more: true) else { return }
      try frontend.send(.disconnect)
    } catch {
      try noteGone(error)
    }
  }

  /// Whose share of queue and replies a request counts for.
  func client(of request: PendingRequest) -> ClientID {
    if clientAuthenticator.hasList, let user = request.message.metadata("User-Id", ofFrame: request.bodyStart) {
      return .user(user)
    }
    return request.message.withFrame(0) { ClientID(routingID: $0) }
  }

  private mutating func refuseOversized(_ error: ZeroMQError) throws(ZeroMQError) {
    counts.invalid += 1
    guard newcomer.findBody() else { return }
    do throws(ZeroMQError) {
      try newcomer.answer(
        APIError(.invalidArgument, "a request is one message part: \(error.reason)"), in: .plain, on: frontend)
    } catch {
      try noteGone(error)
    }
  }

  /// Answers a request by an error, in the form of the request.
  mutating func refuse(_ request: PendingRequest, with error: APIError) throws(ZeroMQError) {
    defer { spare.append(request) }
    logger.debug("refused", metadata: [LogKey.reason: "\(error)"])
    do throws(ZeroMQError) {
      if try request.answer(error, on: frontend, &unpacker) > 0 {
        counts.refusals[error.code, default: 0] += 1
      } else {
        counts.unread += 1
      }
    } catch {
      try noteGone(error)
    }
  }

  /// Hands the answer that a worker has just sent to the client that waits for it.
  mutating func answer(_ request: PendingRequest) throws(ZeroMQError) {
    defer { incoming.removeAll() }
    if let refusal = try countLargeParts(for: request) { return try refuse(request, with: refusal) }
    defer {
      request.message.removeAll()
      spare.append(request)
    }
    do throws(ZeroMQError) {
      guard try frontend.sendIfReady(&request.message, frames: 0..<request.bodyStart, more: true) else {
        counts.unread += 1
        return
      }
      _ = try frontend.sendIfReady(&incoming, frames: Self.replyStart..<incoming.count, more: false)
      counts.answered += 1
    } catch {
      try noteGone(error)
    }
  }

  /// Counts the large parts of an answer among those that the client has yet to read.
  ///
  /// - Returns: What to tell the client instead when it may not have so much waiting.
  private mutating func countLargeParts(for request: PendingRequest) throws(ZeroMQError) -> APIError? {
    for index in Self.replyStart..<incoming.count {
      let size = incoming.withFrame(index) { $0.byteCount }
      guard size >= ReplySizes.minCounted else { continue }
      let share = shares.share(of: client(of: request))
      do throws(APIError) {
        try outstanding.checkRoom(for: size, in: share)
      } catch {
        return error
      }
      incoming.replaceFrame(index, by: try outstanding.count(incoming.takeFrame(index), in: share))
    }
    return nil
  }

  /// Counts a message that was dropped as its client is gone.
  private mutating func noteGone(_ error: ZeroMQError) throws(ZeroMQError) {
    guard error.code == .hostUnreachable else { throw error }
    counts.gone += 1
  }
}
