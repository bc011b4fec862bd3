internal import ImageAPI
internal import ImageWire
internal import MessagePack
internal import WaybillServer

/// The request handler over the sample images: whatever the bytes are, the reply has a form that the protocol has, is
/// the one that the request asks for, and is the same when it is asked for again.
package final class HandlerCheck: WireCheck {
  private var handler = RequestHandler(registry: Sample.cluster())
  private var unpacker = Unpacker()
  private let model = HandlerModel()

  package init() {}

  package func check(_ bytes: RawSpan) throws(Violation) {
    let reply = handler.reply(to: bytes)
    try reply.withBytes { (bytes) throws(Violation) in try checkForm(of: bytes) }
    let request = Request(decoding: bytes, with: &unpacker)
    switch request.call {
    case .success(.status): return try reply.withBytes { (bytes) throws(Violation) in try checkStatus(bytes) }
    case .success(.listNodes(let call)):
      return try reply.withBytes { (bytes) throws(Violation) in try checkNodes(bytes, call) }
    default: break
    }
    try require(reply == model.reply(to: request), "the reply is not the one to \(request)")
    try require(reply == handler.reply(to: bytes), "there is another reply when asked again: \(request)")
  }

  private func checkForm(of reply: RawSpan) throws(Violation) {
    let isReply: Bool
    do throws(MessagePackError) {
      isReply = try unpacker.unpack(reply) { $0.isUTF8 && $0.isReply }
    } catch {
      throw Violation("the reply cannot be read within the limits of a request: \(error)")
    }
    try require(isReply, "the reply has none of the protocol's forms, or text that is not UTF-8")
  }

  /// Ages pass, and are not compared.
  private func checkNodes(_ reply: RawSpan, _ call: ListNodesRequest) throws(Violation) {
    var nodes: ListNodesReply
    do throws(APIError) {
      nodes = try ListNodesReply(decoding: reply, with: &unpacker)
    } catch {
      throw Violation("the nodes cannot be read: \(error)")
    }
    if case .nodes(var list) = nodes {
      for index in list.nodes.indices { list.nodes[index].age = 0 }
      nodes = .nodes(list)
    }
    try require(nodes == model.nodes(call), "the nodes are not those of \(call): \(nodes)")
  }

  private func checkStatus(_ reply: RawSpan) throws(Violation) {
    let status: WorkerStatus
    do throws(APIError) {
      status = try WorkerStatus(decoding: reply, with: &unpacker)
    } catch {
      throw Violation("the status cannot be read: \(error)")
    }
    let isRight = status.isReady && status.images == Sample.images.count && status.etag == Sample.etag
    try require(isRight, "the status is not the registry's: \(status)")
  }
}
