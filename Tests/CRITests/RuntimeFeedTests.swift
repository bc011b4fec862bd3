import CRIProtocol
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import ImageAPI
import ImageRegistry
import ImageSources
import Logging
import SwiftProtobuf
import Testing

@testable import CRI

/// The feed beside a server of the test's own, with limits that are soon reached.
@Suite struct RuntimeFeedTests {
  /// Streams the same images to everybody, in messages of one.
  private struct Runtime: RegistrableRPCService {
    let images: [CRIImage]

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
      router.registerHandler(
        forMethod: .version, deserializer: ProtobufDeserializer<CRIVersionRequest>(),
        serializer: ProtobufSerializer<CRIVersionResponse>()
      ) { _, _ in
        var reply = CRIVersionResponse()
        reply.runtimeName = "test"
        reply.runtimeVersion = "1"
        return StreamingServerResponse(single: ServerResponse(message: reply))
      }
      router.registerHandler(
        forMethod: .streamImages, deserializer: ProtobufDeserializer<CRIStreamImagesRequest>(),
        serializer: ProtobufSerializer<CRIStreamImagesResponse>()
      ) { _, _ in
        StreamingServerResponse { [images] writer in
          for image in images {
            var reply = CRIStreamImagesResponse()
            reply.images = [image]
            try await writer.write(reply)
          }
          return [:]
        }
      }
    }
  }

  /// The state of the source once it was asked for the first time.
  private func status(of images: [CRIImage], within limits: RuntimeLimits) async throws -> SourceStatus {
    let path = "/tmp/waybill-runtime-\(UInt64.random(in: .min ... .max)).sock"
    let server = GRPCServer(
      transport: HTTP2ServerTransport.Posix(address: .unixDomainSocket(path: path), transportSecurity: .plaintext),
      services: [Runtime(images: images)])
    let location = try ImageSourceLocation("cri:\(path)")
    let registry = ImageRegistry(sources: [location.description])
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.serve() }
      _ = try await server.listeningAddress
      group.addTask {
        try await RuntimeFeed(location, index: 0, limits: limits, logger: Logger(label: "test")).run(into: registry)
      }
      while registry.sources[0].age == nil, registry.sources[0].lastError.isEmpty {
        try await Task.sleep(for: .milliseconds(5))
      }
      group.cancelAll()
      return registry.sources[0]
    }
  }

  private func image(_ number: Int, padding: Int) -> CRIImage {
    var image = CRIImage()
    image.id = Digest(sha256Of: "\(number)".utf8).hex
    image.spec.annotations = ["ballast": String(repeating: "x", count: padding)]
    return image
  }

  @Test func aStreamIsTakenUpToItsLimit() async throws {
    let images = (0..<10).map { image($0, padding: 10_000) }
    let listed = try await status(of: images, within: RuntimeLimits(maxBytes: 110_000))
    #expect(listed.images == 10 && listed.state == .current && listed.runtime == "test 1")
    let refused = try await status(of: images, within: RuntimeLimits(maxBytes: 90_000))
    #expect(refused.state == .pending && refused.lastError.contains("90000"), "\(refused)")
  }

  /// Messages of more than 4 MiB, gRPC's usual limit, are what a runtime of some thousand images sends.
  @Test func aMessageIsTakenUpToItsLimit() async throws {
    let images = [image(0, padding: 6 << 20)]
    #expect(try await status(of: images, within: RuntimeLimits()).state == .current)
    let refused = try await status(of: images, within: RuntimeLimits(maxBytes: 5 << 20))
    #expect(refused.state == .pending && refused.lastError.contains("5242880"), "\(refused)")
  }
}
