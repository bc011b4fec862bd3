internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

/// Stands between a call and the connection: counts what the call writes until its client has read it or is gone, and drops
/// a timeout that is none, on which grpc-swift would end the process.
final class CallHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias InboundOut = HTTP2Frame.FramePayload
  typealias OutboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  private let unread: UnreadReplies

  private static let timeoutKey = "grpc-timeout"

  init(_ unread: UnreadReplies) {
    self.unread = unread
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .headers(var frame) = unwrapInboundIn(data),
      !frame.headers[Self.timeoutKey].allSatisfy(Self.isTimeout)
    else { return context.fireChannelRead(data) }
    frame.headers.remove(name: Self.timeoutKey)
    context.fireChannelRead(wrapInboundOut(.headers(frame)))
  }

  /// Whether it is one by gRPC's rule: up to eight digits and a unit.
  static func isTimeout(_ text: String) -> Bool {
    let digits = text.utf8.dropLast()
    return (1...8).contains(digits.count) && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      && text.utf8.last.map("HMSmun".utf8.contains) ?? false
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .data(let written) = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
    let byteCount = written.data.readableBytes
    let promise = promise ?? context.eventLoop.makePromise(of: Void.self)
    unread.add(byteCount)
    promise.futureResult.whenComplete { [unread] _ in unread.add(-byteCount) }
    context.write(data, promise: promise)
  }
}
