internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

/// Stands between a call and the connection. It counts what the call has written until the call is over, as it is when its
/// client has read all or is gone; and it drops a timeout that is none, on which grpc-swift would end the process.
final class CallHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias InboundOut = HTTP2Frame.FramePayload
  typealias OutboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  private let unread: UnreadReplies
  private var byteCount = 0

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
    if case .data(let written) = unwrapOutboundIn(data) {
      unread.add(written.data.readableBytes)
      byteCount += written.data.readableBytes
    }
    context.write(data, promise: promise)
  }

  func channelInactive(context: ChannelHandlerContext) {
    unread.add(-byteCount)
    byteCount = 0
    context.fireChannelInactive()
  }
}
