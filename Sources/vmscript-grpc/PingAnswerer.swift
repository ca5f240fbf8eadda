#if GRPC
  import NIOCore

  /// Answers a server's pings below the HTTP/2 handler, which never sees them. gRPC servers in Go
  /// ping with nearly every message to measure the connection (grpc-go's bdp_estimator.go), while
  /// swift-nio-http2 1.46 takes 200 pings in 30 s for an attack, closes the connection, and its
  /// limit cannot be set through grpc-swift-nio-transport 2.9. Answers wait a little: such a server
  /// has one ping on the way at a time, and under emulation each costs the guest.
  final class PingAnswerer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let headerSize = 9
    private static let pingSize = 8
    private static let pingType: UInt8 = 6
    private static let acknowledged: UInt8 = 1

    /// The beginning of a frame that has not come as far as is needed to know what to do with it.
    private var held: ByteBuffer?
    /// What is to come of a frame that is passed on.
    private var remaining = 0
    /// Answers that wait.
    private var pending = ByteBuffer()
    private var timer: Scheduled<Void>?
    private static let delay = TimeAmount.milliseconds(100)
    /// Bytes of answers that the socket has not taken.
    private var unwritten = 0
    private static let maximumUnwritten = 1 << 16

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var input = unwrapInboundIn(data)
      if var before = held {
        before.writeBuffer(&input)
        input = before
        held = nil
      }
      var output = context.channel.allocator.buffer(capacity: input.readableBytes)
      var answers = context.channel.allocator.buffer(capacity: 0)
      while input.readableBytes > 0 {
        if remaining > 0 {
          var part = input.readSlice(length: min(remaining, input.readableBytes))!
          remaining -= part.readableBytes
          output.writeBuffer(&part)
        } else if !next(&input, &answers) {
          held = input
          break
        }
      }
      if answers.readableBytes > 0 { answer(answers, context) }
      if output.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(output)) }
    }

    /// A server that pings and does not read what it is answered gets no more answers: they would
    /// pile up.
    private func answer(_ answers: ByteBuffer, _ context: ChannelHandlerContext) {
      var answers = answers
      guard unwritten + pending.readableBytes < Self.maximumUnwritten else { return }
      pending.writeBuffer(&answers)
      guard timer == nil else { return }
      timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.delay) {
        self.answerNow(context)
      }
    }

    /// Between two writes from above: these are whole frames.
    private func answerNow(_ context: ChannelHandlerContext) {
      timer = nil
      let count = pending.readableBytes
      unwritten += count
      let written = context.eventLoop.makePromise(of: Void.self)
      written.futureResult.assumeIsolated().whenComplete { _ in self.unwritten -= count }
      context.writeAndFlush(wrapOutboundOut(pending), promise: written)
      pending = ByteBuffer()
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    /// Looks at the frame that begins here; false if more is needed for that.
    private func next(_ input: inout ByteBuffer, _ answers: inout ByteBuffer) -> Bool {
      let start = input.readerIndex
      guard input.readableBytes >= Self.headerSize,
        let length = input.getBytes(at: start, length: 3)?.reduce(0, { $0 << 8 | Int($1) }),
        let type = input.getInteger(at: start + 3, as: UInt8.self),
        let flags = input.getInteger(at: start + 4, as: UInt8.self)
      else { return false }
      let isPing =
        type == Self.pingType && flags & Self.acknowledged == 0 && length == Self.pingSize
      guard isPing else {
        remaining = Self.headerSize + length
        return true
      }
      guard var frame = input.readSlice(length: Self.headerSize + Self.pingSize) else {
        return false
      }
      frame.setInteger(Self.acknowledged, at: frame.readerIndex + 4)
      answers.writeBuffer(&frame)
      return true
    }
  }
#endif
