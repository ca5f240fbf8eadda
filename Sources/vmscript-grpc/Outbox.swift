#if GRPC
  import CallFrames
  import NIOCore

  /// Writes frames to vmscript; what is on the way is bounded by credit.
  final class Outbox: Sendable {
    private let channel: any Channel

    init(_ channel: any Channel) { self.channel = channel }

    func send(_ frame: CallFrame) { send([frame]) }

    func send(_ frames: [CallFrame]) {
      var buffer = channel.allocator.buffer(capacity: frames.reduce(0) { $0 + 16 + $1.body.count })
      for frame in frames { buffer.writeBytes(frame.encoded) }
      channel.writeAndFlush(buffer, promise: nil)
    }
  }
#endif
