#if GRPC
  import CallFrames
  import Glibc
  import Synchronization

  /// Writes frames to vmscript, which always reads: what is on the way is bounded by credit.
  final class Outbox: Sendable {
    private let descriptor: Mutex<Int32>

    init(_ descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    func send(_ frame: CallFrame) { send([frame]) }

    func send(_ frames: [CallFrame]) {
      let bytes = frames.count == 1 ? frames[0].encoded : frames.flatMap(\.encoded)
      descriptor.withLock { descriptor in
        bytes.withUnsafeBytes { bytes in
          var sent = 0
          while sent < bytes.count {
            let count = write(descriptor, bytes.baseAddress! + sent, bytes.count - sent)
            if count < 0 && errno == EINTR { continue }
            // vmscript is gone, as the reading thread finds out too.
            guard count > 0 else { return }
            sent += count
          }
        }
      }
    }
  }
#endif
