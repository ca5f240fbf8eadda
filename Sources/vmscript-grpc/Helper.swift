#if GRPC
  import CallFrames
  import Glibc
  import GRPCNIOTransportHTTP2Posix
  import NIOPosix
  import Synchronization

  /// Reads frames on the program's first thread and lets tasks make the calls.
  final class Helper {
    private let descriptor: Int32
    private let outbox: Outbox
    private var parser = FrameParser()
    private let calls = CallTable()
    private var channels: [String: ServerChannel] = [:]
    /// One thread: what is done for a call is little, and each more has to be woken.
    private let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init(descriptor: Int32) {
      self.descriptor = descriptor
      outbox = Outbox(descriptor)
    }

    /// Until vmscript closes its end.
    func run() -> Never {
      signal(SIGPIPE, SIG_IGN)
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { exit(0) }
        parser.append(buffer[..<count])
        do throws(FrameError) {
          while let frame = try parser.next() { handle(frame) }
        } catch {
          complain("vmscript sent what is no frame: the two are not of one version")
          exit(1)
        }
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
        call.start(on: channel, calls)
      } catch {
        let end = CallEnd(code: 14, message: "\(error)")
        outbox.send(CallFrame(.end, frame.call, end.encoded))
      }
    }

    private func channel(to request: CallRequest) throws -> ServerChannel {
      let name = "\(request.address):\(request.port)"
      if let channel = channels[name] { return channel }
      let channel = try ServerChannel(request.address, Int(request.port), loops)
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
