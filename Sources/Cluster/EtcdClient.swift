internal import Concurrency
package import EtcdProtocol
internal import Foundation
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import GRPCProtobuf
internal import NIOCore
internal import SwiftProtobuf

/// What one member of an etcd cluster is asked over one connection. Every call throws ``EtcdError``.
package struct EtcdClient: Sendable {
  private let client: GRPCClient<HTTP2ClientTransport.Posix>
  private let endpoint: EtcdEndpoint
  private let access: EtcdAccess
  private let token: String?
  private let calls = CallCount()

  /// Connects to a member for as long as `body` runs.
  ///
  /// - Parameters:
  ///   - endpoint: Where the member listens.
  ///   - access: How to show who asks.
  ///   - body: What to ask.
  /// - Returns: What `body` returns.
  /// - Throws: ``EtcdError`` where the member does not let the client in; what `body` throws.
  package static func withConnection<Result: Sendable>(
    to endpoint: EtcdEndpoint, as access: EtcdAccess, _ body: (EtcdClient) async throws -> Result
  ) async throws -> Result {
    let transport: HTTP2ClientTransport.Posix
    do {
      transport = try HTTP2ClientTransport.Posix(
        target: target(endpoint), transportSecurity: security(access),
        serviceConfig: ServiceConfig(methodConfig: [
          MethodConfig(
            names: [MethodConfig.Name(service: "")], waitForReady: false, maxRequestMessageBytes: access.maxBytes,
            maxResponseMessageBytes: access.maxBytes)
        ]))
    } catch {
      throw EtcdError(error, at: endpoint)
    }
    let client = GRPCClient(transport: transport)
    // Nobody waits for it to end: that takes ten seconds where a member is silent and NIO is still connecting.
    let connections = Task { try? await client.runConnections() }
    defer {
      client.beginGracefulShutdown()
      connections.cancel()
    }
    let stranger = EtcdClient(client: client, endpoint: endpoint, access: access, token: nil)
    guard let credentials = access.credentials else { return try await body(stranger) }
    let token = try await stranger.authenticate(credentials)
    return try await body(EtcdClient(client: client, endpoint: endpoint, access: access, token: token))
  }

  /// An address in digits is no name, which TLS would ask for by Server Name Indication.
  private static func target(_ endpoint: EtcdEndpoint) -> any ResolvableTarget {
    if (try? NIOCore.SocketAddress(ipAddress: endpoint.host, port: endpoint.port)) == nil {
      .dns(host: endpoint.host, port: endpoint.port)
    } else if endpoint.host.contains(":") {
      .ipv6(address: endpoint.host, port: endpoint.port)
    } else {
      .ipv4(address: endpoint.host, port: endpoint.port)
    }
  }

  private static func security(_ access: EtcdAccess) -> HTTP2ClientTransport.Posix.TransportSecurity {
    guard let tls = access.tls else { return .plaintext }
    return .tls { config in
      if let authorities = tls.authorities {
        config.trustRoots = .certificates([.file(path: authorities, format: .pem)])
      }
      if let certificate = tls.certificate, let key = tls.key {
        config.certificateChain = [.file(path: certificate, format: .pem)]
        config.privateKey = .file(path: key, format: .pem)
      }
    }
  }

  /// Whether the connection has had as many calls as one may have.
  ///
  /// A server in Go resets each stream after its trailers, and swift-nio-http2 ends a connection after 200 resets within half
  /// a minute. Who calls often makes a new connection before that.
  package var isWorn: Bool { calls.value >= 150 }

  private func authenticate(_ credentials: EtcdAccess.Credentials) async throws -> String {
    var request = EtcdAuthenticateRequest()
    request.name = credentials.user
    request.password = credentials.password
    return try await unary(.authenticate, request, as: EtcdAuthenticateResponse.self).token
  }

  /// What every call carries. With `hasleader` a member that lost its leader says so, where it would wait otherwise.
  private var metadata: Metadata {
    var metadata: Metadata = ["hasleader": "true"]
    if let token { metadata.addString(token, forKey: "authorization") }
    return metadata
  }

  private func unary<Request: SwiftProtobuf.Message, Reply: SwiftProtobuf.Message>(
    _ method: MethodDescriptor, _ request: Request, as type: Reply.Type, within limit: Duration? = nil
  ) async throws -> Reply {
    calls.increase()
    do {
      return try await withTimeout(limit ?? access.callTimeout) { [client, metadata] in
        try await client.unary(
          request: ClientRequest(message: request, metadata: metadata), descriptor: method,
          serializer: ProtobufSerializer<Request>(), deserializer: ProtobufDeserializer<Reply>(), options: .defaults
        ) { try $0.message }
      }
    } catch {
      throw EtcdError(error, at: endpoint)
    }
  }

  /// Sends requests and reads replies until `read` is done.
  private func stream<Request: SwiftProtobuf.Message, Reply: SwiftProtobuf.Message, Result: Sendable>(
    _ method: MethodDescriptor, as type: Reply.Type,
    write: @escaping @Sendable (RPCWriter<Request>) async throws -> Void,
    read: @escaping @Sendable (RPCAsyncSequence<Reply, any Error>) async throws -> Result
  ) async throws -> Result {
    do {
      return try await client.bidirectionalStreaming(
        request: StreamingClientRequest(metadata: metadata, producer: write), descriptor: method,
        serializer: ProtobufSerializer<Request>(), deserializer: ProtobufDeserializer<Reply>(), options: .defaults
      ) { response in
        try await read(response.messages)
      }
    } catch {
      throw EtcdError(error, at: endpoint)
    }
  }
}

/// Keys.
extension EtcdClient {
  /// The keys of a range, in pages of one revision.
  ///
  /// - Parameters:
  ///   - prefix: How the keys begin.
  ///   - pageSize: How many keys a page has.
  ///   - body: Is given each page.
  /// - Returns: The header of the first page, with the revision of all pages.
  /// - Throws: ``EtcdError``; what `body` throws.
  package func range(
    below prefix: [UInt8], pageSize: Int64 = 2_000, _ body: ([EtcdKeyValue]) async throws -> Void
  ) async throws -> EtcdResponseHeader {
    var request = EtcdRangeRequest()
    request.key = Data(prefix)
    request.rangeEnd = Data(Self.end(ofPrefix: prefix))
    request.limit = pageSize
    var first: EtcdResponseHeader?
    while true {
      let page = try await range(request)
      let header = first ?? page.header
      (first, request.revision) = (header, header.revision)
      try await body(page.kvs)
      guard page.more, let last = page.kvs.last else { return header }
      request.key = last.key + [0]
    }
  }

  /// Some keys.
  package func range(_ request: EtcdRangeRequest) async throws -> EtcdRangeResponse {
    try await unary(.range, request, as: EtcdRangeResponse.self, within: access.timeout)
  }

  /// Does one thing or another, in one step.
  package func commit(_ transaction: EtcdTxnRequest) async throws -> EtcdTxnResponse {
    try await unary(.txn, transaction, as: EtcdTxnResponse.self)
  }

  /// The first key behind all that begin with `prefix`.
  static func end(ofPrefix prefix: [UInt8]) -> [UInt8] {
    var end = prefix
    while let last = end.popLast() {
      if last < 0xff { return end + [last + 1] }
    }
    // No key is behind all others: so etcd writes that there is no end.
    return [0]
  }
}

/// Watches.
extension EtcdClient {
  /// Follows the keys that begin with `prefix`, until the connection, the member or the revision is lost.
  ///
  /// etcd is asked again and again how far it is, so that silence is a fault.
  ///
  /// - Parameters:
  ///   - prefix: How the keys begin.
  ///   - revision: The first revision to be told.
  ///   - body: Is given what happened, each revision as a whole, and how far the member is; nothing happened where the
  ///     member only says that. Its revision is no place to go on from: members before 3.4.25 and 3.5.8 say it before they
  ///     have sent what happened up to it (etcd #15220). That of the last event is.
  /// - Throws: ``EtcdError``, always.
  package func watch(
    below prefix: [UInt8], from revision: Int64,
    _ body: @escaping @Sendable ([EtcdEvent], _ header: EtcdResponseHeader) async throws -> Void
  ) async throws {
    let sign = SignOfLife()
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await follow(prefix, from: revision, sign, body) }
        group.addTask {
          while sign.age < access.timeout { try await Task.sleep(for: Self.watchInterval) }
          throw EtcdError(.unavailable, "etcd at \(endpoint) says nothing for \(access.timeout)")
        }
        defer { group.cancelAll() }
        try await group.next()
      }
    } catch {
      throw EtcdError(error, at: endpoint)
    }
  }

  /// How often etcd is asked how far a watch is.
  private static let watchInterval = Duration.seconds(1)

  private func follow(
    _ prefix: [UInt8], from revision: Int64, _ sign: SignOfLife,
    _ body: @escaping @Sendable ([EtcdEvent], EtcdResponseHeader) async throws -> Void
  ) async throws {
    try await stream(.watch, as: EtcdWatchResponse.self) { (writer: RPCWriter<EtcdWatchRequest>) in
      var request = EtcdWatchRequest()
      request.createRequest.key = Data(prefix)
      request.createRequest.rangeEnd = Data(Self.end(ofPrefix: prefix))
      request.createRequest.startRevision = revision
      request.createRequest.progressNotify = true
      request.createRequest.fragment = true
      try await writer.write(request)
      request.progressRequest = EtcdWatchProgressRequest()
      while true {
        try await Task.sleep(for: Self.watchInterval)
        try await writer.write(request)
      }
    } read: { responses in
      var fragments: [EtcdEvent] = []
      for try await response in responses {
        sign.note()
        guard !response.canceled else { throw Self.error(ofCancelled: response, at: endpoint) }
        fragments += response.events
        guard !response.fragment else { continue }
        try await body(fragments, response.header)
        fragments = []
      }
      throw EtcdError(.unavailable, "etcd at \(endpoint) ended the watch")
    }
  }

  private static func error(ofCancelled response: EtcdWatchResponse, at endpoint: EtcdEndpoint) -> EtcdError {
    let reason = response.cancelReason.isEmpty ? "without a reason" : response.cancelReason
    let code: EtcdError.Code =
      if response.compactRevision > 0 {
        .compacted
      } else if reason.contains("permission denied") {
        .permissionDenied
      } else {
        .unavailable
      }
    return EtcdError(code, "etcd at \(endpoint) cancelled the watch: \(reason)")
  }
}

/// Leases.
extension EtcdClient {
  /// A lease that lives for `timeToLive` seconds after it was last kept alive.
  package func grantLease(timeToLive: Int64) async throws -> Int64 {
    var request = EtcdLeaseGrantRequest()
    request.ttl = timeToLive
    let reply = try await unary(.leaseGrant, request, as: EtcdLeaseGrantResponse.self)
    guard reply.error.isEmpty else { throw EtcdError(.notUnderstood, "etcd at \(endpoint): \(reply.error)") }
    return reply.id
  }

  /// Has a lease live for its whole time again.
  ///
  /// - Returns: How far etcd is.
  /// - Throws: ``EtcdError`` with the code `leaseNotFound` where it has expired.
  @discardableResult
  package func keepAlive(_ lease: Int64) async throws -> EtcdResponseHeader {
    calls.increase()
    do {
      let reply = try await withTimeout(access.callTimeout) {
        try await stream(.leaseKeepAlive, as: EtcdLeaseKeepAliveResponse.self) {
          (writer: RPCWriter<EtcdLeaseKeepAliveRequest>) in
          var request = EtcdLeaseKeepAliveRequest()
          request.id = lease
          try await writer.write(request)
        } read: { replies in
          try await replies.first { _ in true } ?? EtcdLeaseKeepAliveResponse()
        }
      }
      guard reply.ttl > 0 else {
        throw EtcdError(.leaseNotFound, "etcd at \(endpoint): the lease \(String(lease, radix: 16)) has expired")
      }
      return reply.header
    } catch {
      throw EtcdError(error, at: endpoint)
    }
  }

  /// How many seconds a lease has left; nil where it has expired.
  package func timeToLive(of lease: Int64) async throws -> Int64? {
    var request = EtcdLeaseTimeToLiveRequest()
    request.id = lease
    let reply = try await unary(.leaseTimeToLive, request, as: EtcdLeaseTimeToLiveResponse.self)
    return reply.ttl < 0 ? nil : reply.ttl
  }

  /// Ends a lease, and with it its keys.
  package func revoke(_ lease: Int64) async throws {
    var request = EtcdLeaseRevokeRequest()
    request.id = lease
    _ = try await unary(.leaseRevoke, request, as: EtcdLeaseRevokeResponse.self)
  }
}
