internal import CRIProtocol
internal import Concurrency
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import GRPCProtobuf
internal import SwiftProtobuf

/// What a runtime is asked over one connection.
struct RuntimeClient: Sendable {
  private let client: GRPCClient<HTTP2ClientTransport.Posix>
  private let limits: RuntimeLimits
  /// Until the runtime says that it knows no StreamImages.
  private var streamsImages = true

  /// Connects to the socket of a runtime for as long as `body` runs.
  static func withConnection(
    to socket: String, within limits: RuntimeLimits, _ body: (inout RuntimeClient) async throws -> Void
  ) async throws {
    let transport = try HTTP2ClientTransport.Posix(
      target: .unixDomainSocket(path: socket, authority: "localhost"), transportSecurity: .plaintext,
      serviceConfig: ServiceConfig(methodConfig: [methodConfig(limits)]))
    try await withGRPCClient(transport: transport) { client in
      var client = RuntimeClient(client: client, limits: limits)
      try await body(&client)
    }
  }

  /// What holds for every call. The transport takes the limit of requests for that of replies, too.
  private static func methodConfig(_ limits: RuntimeLimits) -> MethodConfig {
    MethodConfig(
      names: [MethodConfig.Name(service: "")], waitForReady: false, timeout: limits.timeout,
      maxRequestMessageBytes: limits.maxBytes, maxResponseMessageBytes: limits.maxBytes)
  }

  /// The runtime's name and version; empty of one that serves images only, as a separate image service does.
  func version() async throws -> String {
    var request = CRIVersionRequest()
    request.version = "v1"
    do {
      let reply = try await unary(.version, request, as: CRIVersionResponse.self)
      return "\(reply.runtimeName) \(reply.runtimeVersion)"
    } catch let error as RPCError where error.code == .unimplemented {
      return ""
    }
  }

  /// Every image of the runtime, by StreamImages, or by ListImages where the runtime does not know that.
  mutating func images() async throws -> [CRIImage] {
    if streamsImages {
      do {
        return try await withinTime { [self] in try await streamedImages() }
      } catch let error as RPCError where error.code == .unimplemented {
        streamsImages = false
      }
    }
    return try await unary(.listImages, CRIListImagesRequest(), as: CRIListImagesResponse.self).images
  }

  private func unary<Request: SwiftProtobuf.Message, Reply: SwiftProtobuf.Message>(
    _ method: MethodDescriptor, _ request: Request, as type: Reply.Type
  ) async throws -> Reply {
    try await withinTime {
      try await client.unary(
        request: ClientRequest(message: request), descriptor: method, serializer: ProtobufSerializer<Request>(),
        deserializer: ProtobufDeserializer<Reply>(), options: .defaults
      ) { try $0.message }
    }
  }

  /// Gives a call up in time. gRPC's own deadline counts from when there is a connection, which a silent peer never makes.
  private func withinTime<Reply: Sendable>(
    _ call: @escaping @Sendable () async throws -> Reply
  ) async throws -> Reply {
    do {
      return try await withTimeout(limits.timeout, call)
    } catch let error as TimeoutError {
      throw RPCError(code: .deadlineExceeded, message: "no answer within \(error.limit)")
    }
  }

  /// The images of a stream that came to its end.
  private func streamedImages() async throws -> [CRIImage] {
    let maxBytes = limits.maxBytes
    return try await client.serverStreaming(
      request: ClientRequest(message: CRIStreamImagesRequest()), descriptor: .streamImages,
      serializer: ProtobufSerializer<CRIStreamImagesRequest>(),
      deserializer: SizedDeserializer<CRIStreamImagesResponse>(), options: .defaults
    ) { response in
      var images: [CRIImage] = []
      var byteCount = 0
      for try await part in response.messages {
        byteCount += part.byteCount
        guard byteCount <= maxBytes else {
          throw RPCError(code: .resourceExhausted, message: "the list has more than \(maxBytes) bytes")
        }
        images += part.message.images
      }
      return images
    }
  }
}
