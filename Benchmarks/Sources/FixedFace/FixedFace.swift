import ArgumentParser
import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// The limit of grpc-swift: CRI's ListImages by a server that sends the same bytes to every call.
@main
struct FixedFace: AsyncParsableCommand {
  @Option(help: "Where clients connect to.")
  var socket: String

  @Option(help: "The file with the bytes of the reply's message.")
  var message: String

  func run() async throws {
    let bytes = GRPCNIOTransportBytes(try Data(contentsOf: URL(filePath: message)))
    signal(SIGTERM) { _ in _exit(0) }
    let server = GRPCServer(
      transport: HTTP2ServerTransport.Posix(address: .unixDomainSocket(path: socket), transportSecurity: .plaintext),
      services: [Service(message: bytes)])
    try await server.serve()
  }
}

private struct Service: RegistrableRPCService {
  let message: GRPCNIOTransportBytes

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    let method = MethodDescriptor(
      service: ServiceDescriptor(package: "runtime.v1", service: "ImageService"), method: "ListImages", type: .unary)
    router.registerHandler(forMethod: method, deserializer: Coding(), serializer: Coding()) { request, _ in
      _ = try await ServerRequest(stream: request)
      return StreamingServerResponse(single: ServerResponse(message: message))
    }
  }
}

/// Passes bytes through.
private struct Coding: MessageSerializer, MessageDeserializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: GRPCNIOTransportBytes) throws -> Bytes {
    if let bytes = message as? Bytes { return bytes }
    return message.withUnsafeBytes { Bytes($0) }
  }

  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> GRPCNIOTransportBytes {
    bytes.withUnsafeBytes { GRPCNIOTransportBytes($0) }
  }
}
