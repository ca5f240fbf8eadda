#if GRPC
  import CallFrames
  import Glibc
  import GRPCNIOTransportHTTP2Posix
  import NIOCore
  import NIOPosix
  import Synchronization

  /// Reads vmscript's frames and lets tasks make the calls. One event loop's thread does all of it,
  /// tasks included: what is done for a call is little, and each more thread would have to be woken.
  final class Helper: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let loop: any EventLoop
    private let executor: LoopExecutor
    private let outbox: Outbox
    private var parser = FrameParser()
    private let calls = CallTable()
    private var channels: [String: ServerChannel] = [:]

    private init(_ channel: any Channel) {
      loop = channel.eventLoop
      executor = LoopExecutor(loop)
      outbox = Outbox(channel)
    }

    /// Until vmscript closes its end.
    static func run(descriptor: Int32) -> Never {
      do {
        let channel = try ClientBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
          .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
              try channel.pipeline.syncOperations.addHandler(Helper(channel))
            }
          }
          .withConnectedSocket(descriptor).wait()
        try channel.closeFuture.wait()
      } catch {
        complain("\(error)")
        exit(1)
      }
      exit(0)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      parser.append(unwrapInboundIn(data).readableBytesView)
      do throws(FrameError) {
        while let frame = try parser.next() { handle(frame) }
      } catch {
        complain("vmscript sent what is no frame: the two are not of one version")
        exit(1)
      }
    }

    private func handle(_ frame: CallFrame) {
      if frame.kind == .open { return open(frame) }
      guard let call = calls[frame.call] else { return }
      switch frame.kind {
      case .message: call.requests.yield(frame.body)
      case .finish: call.requests.finish()
      case .credit: call.gate.add(frame.credit)
      case .cancel: call.cancel()
      default: break
      }
    }

    private func open(_ frame: CallFrame) {
      guard let request = CallRequest(frame.body) else {
        let end = CallEnd(code: 13, message: "the helper does not understand the request")
        return outbox.send(CallFrame(.end, frame.call, end.encoded))
      }
      do {
        let channel = try channel(to: request)
        let call = ActiveCall(frame.call, request, outbox)
        calls[frame.call] = call
        call.start(on: channel, executor, calls)
      } catch {
        let end = CallEnd(code: 14, message: "\(error)")
        outbox.send(CallFrame(.end, frame.call, end.encoded))
      }
    }

    private func channel(to request: CallRequest) throws -> ServerChannel {
      let name = "\(request.address):\(request.port)"
      if let channel = channels[name] { return channel }
      let channel = try ServerChannel(request.address, Int(request.port), loop, executor)
      channels[name] = channel
      return channel
    }
  }

  /// The calls that are being made.
  final class CallTable: Sendable {
    private let calls = Mutex<[UInt32: ActiveCall]>([:])

    subscript(number: UInt32) -> ActiveCall? {
      get { calls.withLock { $0[number] } }
      set { calls.withLock { $0[number] = newValue } }
    }
  }
#endif
