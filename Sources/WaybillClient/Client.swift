internal import Concurrency
public import CurveSecurity
internal import Foundation
public import ImageAPI
internal import ImageWire
internal import MessagePack
internal import ZeroMQ

/// Asks workers, and goes on asking for a while when one does not answer: ZeroMQ's "Lazy Pirate".
///
/// An attempt that timed out is given up with its socket, so that an answer that comes late is never taken for the
/// answer to another question. Asking twice does no harm, as nothing is changed by asking. The methods block.
public struct Client: Sendable {
  /// Where workers or proxies are, tried in turn.
  public let endpoints: [String]
  /// How long one attempt may take.
  public let timeout: Duration
  /// How many attempts there are in all, 1 or more.
  public let attempts: Int
  /// How to prove who is asking.
  public let security: ClientSecurity

  /// A client that is connected to nothing yet.
  public init(
    endpoints: [String], timeout: Duration = .seconds(5), attempts: Int = 3, security: ClientSecurity = .none
  ) {
    precondition(!endpoints.isEmpty && attempts > 0)
    self.endpoints = endpoints
    self.timeout = timeout
    self.attempts = attempts
    self.security = security
  }

  /// Lists images.
  ///
  /// - Throws: ``ClientError``.
  public func listImages(_ request: ListImagesRequest = ListImagesRequest()) throws(ClientError) -> ListImagesReply {
    try ask { (packer) in
      packer.pack(request)
    } reading: { (bytes, unpacker) throws(APIError) in
      try ListImagesReply(decoding: bytes, with: &unpacker)
    }
  }

  /// Asks what a worker serves. Behind a proxy it is any of the workers.
  ///
  /// - Throws: ``ClientError``.
  public func status() throws(ClientError) -> WorkerStatus {
    try ask { (packer) in
      packer.packStatusRequest()
    } reading: { (bytes, unpacker) throws(APIError) in
      try WorkerStatus(decoding: bytes, with: &unpacker)
    }
  }

  private func ask<Reply>(
    _ write: (inout Packer) -> Void, reading read: (RawSpan, inout Unpacker) throws(APIError) -> Reply
  ) throws(ClientError) -> Reply {
    var packer = Packer(capacity: 256)
    write(&packer)
    let request = packer.finish()
    var failures: [ClientError] = []
    var backoff = Backoff()
    while true {
      do throws(ClientError) {
        return try exchange(request, with: endpoints[failures.count % endpoints.count], reading: read)
      } catch {
        guard error.isTransient || error.isOfOneEndpoint else { throw error }
        failures.append(error)
        let mayHelp = error.isTransient || failures.count < endpoints.count
        guard mayHelp, failures.count < attempts else { throw ClientError(summing: failures, of: endpoints) }
      }
      Thread.sleep(forTimeInterval: backoff.next() / .seconds(1))
    }
  }

  /// One request on a socket of its own.
  private func exchange<Reply>(
    _ request: PackedBytes, with endpoint: String,
    reading read: (RawSpan, inout Unpacker) throws(APIError) -> Reply
  ) throws(ClientError) -> Reply {
    let connection = try ClientConnection(to: endpoint, as: security)
    guard let answer = try connection.ask(request, within: timeout) else {
      throw .noAnswer(endpoints: endpoints, attempts: attempts, timeout: timeout)
    }
    guard !answer.hasMore else {
      throw .refused(APIError(.internal, "the reply is not waybill's: it has more than one part"))
    }
    var unpacker = Unpacker(limits: Limits(bytes: .max, depth: Limits.deepest, elements: .max))
    do throws(APIError) {
      return try answer.withBytes { (bytes) throws(APIError) in try read(bytes, &unpacker) }
    } catch {
      throw .refused(error)
    }
  }
}
