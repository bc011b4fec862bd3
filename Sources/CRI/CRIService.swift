internal import CRIProtocol
internal import Concurrency
internal import Foundation
internal import GRPCCore
internal import GRPCProtobuf
internal import ImageAPI
internal import ImageRegistry
internal import SwiftProtobuf

/// CRI's ImageService and RuntimeService, as far as they are about what images there are: what crictl calls.
///
/// A list has the images that the MessagePack form has, of the same snapshot and in the same order. What CRI has no field
/// for is in the trailing metadata.
struct CRIService: RegistrableRPCService {
  private let registry: ImageRegistry
  private let unread: UnreadReplies
  private let version: String
  private let lists = WholeListCache()

  init(registry: ImageRegistry, version: String, unread: UnreadReplies) {
    self.registry = registry
    self.version = version
    self.unread = unread
  }

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    register(.listImages, with: &router) { (request: CRIListImagesRequest) in
      try list(request.filter) { [$0.message] }
    }
    register(.streamImages, with: &router) { (request: CRIStreamImagesRequest) in
      try list(request.filter, as: \.pieces)
    }
    register(.imageStatus, with: &router) { (request: CRIImageStatusRequest) in try status(of: request) }
    register(.imageFsInfo, with: &router) { (_: CRIImageFsInfoRequest) in try filesystems() }
    register(.version, with: &router) { (_: CRIVersionRequest) in try versions() }
    register(.status, with: &router) { (request: CRIStatusRequest) in try conditions(isVerbose: request.verbose) }
    for method in MethodDescriptor.ofRuntimes {
      // A message without fields of its own passes over those of any other.
      register(method, with: &router) { (_: CRIImageFsInfoRequest) in
        throw APIError(.unimplemented, "\(method.method) is the runtime's: waybill lists images, and changes nothing")
      }
    }
  }

  private struct Answer {
    var messages: [EncodedBytes]
    var trailers: Metadata = [:]

    init(_ message: some SwiftProtobuf.Message) throws {
      messages = [EncodedBytes(try message.serializedBytes() as [UInt8])]
    }

    init(_ messages: [EncodedBytes], trailers: Metadata) {
      self.messages = messages
      self.trailers = trailers
    }
  }

  private func register<Transport: ServerTransport, Request: SwiftProtobuf.Message>(
    _ method: MethodDescriptor, with router: inout RPCRouter<Transport>,
    answering answer: @escaping @Sendable (Request) throws -> Answer
  ) {
    router.registerHandler(
      forMethod: method, deserializer: ProtobufDeserializer<Request>(), serializer: EncodedBytesSerializer()
    ) { request, _ in
      let request = try await ServerRequest(stream: request)
      let reply: Answer
      do { reply = try answer(request.message) } catch let error as APIError { throw RPCError(error) }
      return StreamingServerResponse { writer in
        for message in reply.messages { try await writer.write(message) }
        return reply.trailers
      }
    }
  }

  /// The list in one message or in several.
  private func list(_ filter: CRIImageFilter, as messages: (EncodedList) -> [EncodedBytes]) throws -> Answer {
    let (list, selection) = try encodedList(of: filter.image.image)
    try unread.checkRoom(for: list.message.count)
    var trailers: Metadata = ["waybill-etag": "\(selection.etag)"]
    if selection.gaps.leftOut > 0 { trailers.addString("\(selection.gaps.leftOut)", forKey: "waybill-left-out") }
    if !selection.gaps.stale.isEmpty { trailers.addString("\(selection.gaps.stale.count)", forKey: "waybill-stale") }
    return Answer(messages(list), trailers: trailers)
  }

  private func encodedList(of image: String) throws -> (EncodedList, Selection) {
    let selection = try registry.snapshot.select(ListImagesRequest(image: image))
    let sources = registry.sources.count
    return (
      image.isEmpty
        ? try lists.list(of: selection, sourceCount: sources) : try EncodedList(selection, sourceCount: sources),
      selection
    )
  }

  /// The one image of a name, an id or the beginning of one; of several platforms the first.
  private func status(of request: CRIImageStatusRequest) throws -> Answer {
    guard !request.image.image.isEmpty else { throw APIError(.invalidArgument, "image: it names no image") }
    let selection = try registry.snapshot.select(ListImagesRequest(image: request.image.image, limit: 1))
    let names = registry.sources.map(\.name)
    var reply = CRIImageStatusResponse()
    try selection.forEachImage { (image, sources) throws in
      guard !reply.hasImage else { return }
      reply.image = CRIImage(image)
      if request.verbose { reply.info = ["sources": try Self.json(sources.map { names[$0] })] }
    }
    return try Answer(reply)
  }

  /// For each source, how large the images are that it lists; what they share is counted for each of them.
  private func filesystems() throws -> Answer {
    let (list, _) = try encodedList(of: "")
    let now = Int64(Date().timeIntervalSince1970 * 1e9)
    var reply = CRIImageFsInfoResponse()
    reply.imageFilesystems = zip(registry.sources, list.sizes).map { source, size in
      var usage = CRIFilesystemUsage()
      usage.timestamp = now
      usage.fsID.mountpoint = source.name.split(separator: ":", maxSplits: 1).last.map(String.init) ?? source.name
      usage.usedBytes.value = size
      usage.inodesUsed.value = 0
      return usage
    }
    return try Answer(reply)
  }

  private func versions() throws -> Answer {
    var reply = CRIVersionResponse()
    reply.version = "0.1.0"
    reply.runtimeName = "waybill"
    reply.runtimeVersion = version
    reply.runtimeApiVersion = "v1"
    return try Answer(reply)
  }

  private func conditions(isVerbose: Bool) throws -> Answer {
    let pending = registry.snapshot.pendingSources
    var ready = CRIRuntimeCondition()
    ready.type = "RuntimeReady"
    ready.status = pending.isEmpty
    if !pending.isEmpty {
      ready.reason = "SourcesPending"
      ready.message = "not read yet: \(pending.joined(separator: ", "))"
    }
    var network = CRIRuntimeCondition()
    network.type = "NetworkReady"
    network.reason = "NoRuntime"
    network.message = "waybill lists images, and runs nothing"
    var reply = CRIStatusResponse()
    reply.status.conditions = [ready, network]
    if isVerbose {
      let states = registry.sources.map { ["name": $0.name, "state": $0.state.rawValue, "lastError": $0.lastError] }
      reply.info = ["sources": try Self.json(states)]
    }
    return try Answer(reply)
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

extension RPCError {
  /// The error that the MessagePack form would have.
  init(_ error: APIError) {
    let code = Status.Code(rawValue: error.code.rawValue).flatMap(RPCError.Code.init)
    self.init(code: code ?? .internalError, message: error.message)
  }
}

/// The list of every image, made once for each state that somebody asks for.
private final class WholeListCache: Sendable {
  private struct Entry {
    let version: UInt64
    let list: EncodedList
  }

  private let last = Lock<Entry?>(nil)

  /// Who asks while it is made waits for it.
  func list(of selection: Selection, sourceCount: Int) throws -> EncodedList {
    try last.withLock { last throws in
      if let last, last.version == selection.version { return last.list }
      let list = try EncodedList(selection, sourceCount: sourceCount)
      last = Entry(version: selection.version, list: list)
      return list
    }
  }
}
