import Events
import Glibc
import Processes

/// A socket that is drained as it fills, and written to through a queue, without ever blocking. Or one
/// end of a pipe, which must be nonblocking.
@Supervisor public final class ByteStream {
  /// Read at one time, so that one busy socket does not keep the supervisor from the others.
  private static let chunk = 64 << 10
  private static let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)

  public var onBytes: ([UInt8]) -> Void = { _ in }
  /// Called once, when it has closed: after the last bytes, unless it goes on writing.
  public var onEnd: () -> Void = {}
  /// Called once, after the last bytes, of a stream that goes on writing then.
  var onReadEnd: () -> Void = {}
  /// Whether the end of what the other side sends leaves this direction open.
  var goesOnWriting = false
  /// Called with how many bytes left the queue, to the other side.
  var onSent: (Int) -> Void = { _ in }
  /// Called with how many bytes left the queue because the other side has gone.
  var onLost: (Int) -> Void = { _ in }
  private(set) var hasEnded = false
  public private(set) var queuedCount = 0
  /// What ended it other than the other side's close: an errno, 0 if nothing did.
  private(set) var failure: Int32 = 0

  /// False lets the other side wait: what it sends stays in the socket.
  var isReading = true { didSet { if isReading != oldValue { updateInterest() } } }

  private let isPipe: Bool
  private var socket: Descriptor?
  private var watch: Watch?
  private var queue: [ArraySlice<UInt8>] = []
  private var isFinishing = false
  private var isReadOver = false

  public init(_ socket: consuming Descriptor) {
    let number = socket.number
    var kind: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    isPipe = getsockopt(number, SOL_SOCKET, SO_TYPE, &kind, &size) != 0
    self.socket = consume socket
    watch = Watch(number) { [weak self] readiness in self?.handle(readiness) }
  }

  isolated deinit { watch?.cancel() }

  private var number: Int32 {
    switch socket {
    case .some(let socket): socket.number
    case .none: -1
    }
  }

  /// Queues bytes; nothing if the other side has gone.
  public func send(_ bytes: [UInt8]) {
    if hasEnded || bytes.isEmpty { return }
    queue.append(bytes[...])
    queuedCount += bytes.count
    flush()
  }

  /// Ends this direction once the queue is empty.
  public func finishSending() {
    isFinishing = true
    flush()
  }

  public func close() {
    guard !hasEnded else { return }
    hasEnded = true
    watch?.cancel()
    watch = nil
    socket = nil
    queue = []
    queuedCount = 0
    let ended = onEnd
    onEnd = {}
    onBytes = { _ in }
    onReadEnd = {}
    onSent = { _ in }
    onLost = { _ in }
    ended()
  }

  /// Reads what is there now, whether or not the loop has seen it: for the end of a process, whose
  /// last words may still be in the socket. Ends with the stream's end or at `limit` bytes.
  func drain(_ limit: Int = 64 << 20) {
    var total = 0
    while !hasEnded, total < limit {
      let count = readOnce()
      if count <= 0 { return }
      total += count
    }
  }

  private func handle(_ readiness: Watch.Readiness) {
    if readiness.contains(.writable) { flush() }
    guard !hasEnded, readiness != .writable else { return }
    if !isReadOver {
      _ = readOnce()
    } else if !readiness.isDisjoint(with: .ended) {
      // Neither direction is open any more, or the other side refuses what it is sent.
      fail(pendingError)
    }
  }

  private var pendingError: Int32 {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &size)
    return code
  }

  private func fail(_ code: Int32) {
    if failure == 0 { failure = code }
    close()
  }

  /// The number of bytes read; 0 when there is nothing, -1 when the stream has ended.
  private func readOnce() -> Int {
    let number = number
    var error: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunk) { buffer, count in
      let result =
        isPipe
        ? Glibc.read(number, buffer.baseAddress, buffer.count)
        : recv(number, buffer.baseAddress, buffer.count, Self.flags)
      error = result < 0 ? errno : 0
      count = max(0, result)
    }
    if !bytes.isEmpty {
      onBytes(bytes)
      return bytes.count
    }
    if error == EAGAIN || error == EINTR { return 0 }
    if error == 0 && failure == 0 && goesOnWriting {
      isReadOver = true
      updateInterest()
      onReadEnd()
      onReadEnd = {}
    } else {
      fail(error)
    }
    return -1
  }

  private func updateInterest() {
    var interest: Watch.Readiness = isReading && !isReadOver ? .readable : []
    if !queue.isEmpty { interest.insert(.writable) }
    watch?.interest = interest
  }

  private func flush() {
    while let first = queue.first, !hasEnded {
      let number = number
      let sent = first.withUnsafeBytes {
        isPipe
          ? Glibc.write(number, $0.baseAddress, $0.count)
          : Glibc.send(number, $0.baseAddress, $0.count, Self.flags)
      }
      if sent < 0 {
        if errno == EINTR { continue }
        // The other side has gone: what it said before is still to be read, and ends the stream.
        if errno != EAGAIN {
          failure = errno
          let lost = queuedCount
          queue = []
          queuedCount = 0
          onLost(lost)
          // Reading does not end it any more.
          if isReadOver { return close() }
        }
        break
      }
      queuedCount -= sent
      if sent == first.count { queue.removeFirst() } else { queue[0] = first.dropFirst(sent) }
      onSent(sent)
    }
    if queue.isEmpty, isFinishing, !hasEnded {
      isFinishing = false
      if isPipe { return close() }
      shutdown(number, Int32(SHUT_WR))
    }
    updateInterest()
  }
}
