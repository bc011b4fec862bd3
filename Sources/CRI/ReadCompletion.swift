internal import NIOCore

/// Completes the read in which a connection closes.
///
/// The HTTP/2 handler (swift-nio-http2 1.46) lists the streams of a read until it is complete, and each of them refers to
/// the list. A connection that an error closes in the middle of a read is not told that the read is complete, so that the
/// list, its streams and the connection would stay in memory for good.
final class ReadCompletion: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  func channelInactive(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
    context.fireChannelInactive()
  }
}
