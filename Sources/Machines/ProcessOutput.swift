import Events
import Glibc
import Processes
import Synchronization

/// A process's standard output as the script reads it: out of a file, so that a process whose output
/// nobody reads goes on, and no memory is filled by it.
public final class ProcessOutput: StreamReading {
  private struct State {
    /// Bytes in the file.
    var length = 0
    /// How far the file was read into `bytes`.
    var taken = 0
    var bytes = ByteQueue()
    var isOver = true
    /// Why what follows could not be kept (errno), 0 as long as all was.
    var loss: Int32 = 0
  }

  /// Bytes of a line, and read from the file at one time.
  private static let limit = 1 << 20
  private static let chunk = 256 << 10

  public let readable = Event<Bool>()
  public let isFramed = false
  private let shown: String
  private let path: String
  private let file: Descriptor
  private let state = Mutex(State())

  init(path: String, of shown: String) throws(MachineError) {
    self.shown = shown
    self.path = path
    let number = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
    guard number >= 0 else {
      throw .system(.missing, "the log '\(path)' cannot be written", errno)
    }
    file = Descriptor(owning: number)
  }

  public var hasEnded: Bool {
    state.withLock { $0.isOver && $0.loss == 0 && $0.bytes.count == 0 && $0.taken == $0.length }
  }

  public func look() throws(MachineError) -> Int? {
    let (count, loss, isOver) = state.withLock {
      ($0.bytes.count + $0.length - $0.taken, $0.loss, $0.isOver)
    }
    if count == 0 { try demand(loss) }
    return count > 0 || isOver ? count : nil
  }

  public func read(_ limit: Int) throws(MachineError) -> Inbox.Taken {
    let (bytes, loss, isOver) = state.withLock { state in
      if state.bytes.count == 0 { fill(&state) }
      return (state.bytes.take(limit), state.loss, state.isOver)
    }
    if bytes.isEmpty { try demand(loss) }
    return !bytes.isEmpty ? .bytes(bytes) : isOver ? .end : .nothing
  }

  public func readLine() throws(MachineError) -> Inbox.Taken {
    let (line, loss): (Inbox.Taken?, Int32) = state.withLock { state in
      while true {
        let isWhole = state.taken == state.length
        let isEnd = isWhole && state.isOver && state.loss == 0
        if let line = state.bytes.takeLine(evenUnfinished: isEnd) { return (.bytes(line), 0) }
        if isWhole { return (isEnd ? .end : .nothing, state.loss) }
        if state.bytes.count >= Self.limit { return (nil, 0) }
        fill(&state)
      }
    }
    try demand(loss)
    guard let line else {
      throw MachineError(
        .connection,
        "a line of \(shown) is longer than \(Self.limit >> 20) MiB: read it piece by piece, by"
          + " read(n)")
    }
    return line
  }

  /// What is not in the file cannot be read.
  private func demand(_ loss: Int32) throws(MachineError) {
    guard loss != 0 else { return }
    throw MachineError(
      .missing,
      "the output of \(shown) cannot be read any further: its log '\(path)' cannot be written:"
        + " \(String(cString: strerror(loss))); make room there, or name another place by"
        + " XDG_STATE_HOME")
  }

  private func fill(_ state: inout State) {
    let wanted = min(Self.chunk, state.length - state.taken)
    guard wanted > 0 else { return }
    let offset = off_t(state.taken)
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
      count = max(0, pread(file.number, buffer.baseAddress, wanted, offset))
    }
    state.bytes.append(bytes)
    // A file that somebody cut short has no more.
    state.taken = bytes.isEmpty ? state.length : state.taken + bytes.count
  }

  // MARK: For the supervisor

  func append(_ bytes: [UInt8]) {
    // On a full disk there is no more to be read; the process does not stall for it.
    guard state.withLock({ $0.loss }) == 0 else { return }
    var (written, loss): (Int, Int32) = (0, 0)
    bytes.withUnsafeBytes { bytes in
      while written < bytes.count && loss == 0 {
        let count = write(file.number, bytes.baseAddress! + written, bytes.count - written)
        if count > 0 { written += count } else if errno != EINTR { loss = errno }
      }
    }
    state.withLock {
      $0.length += written
      $0.loss = loss
    }
    readable.set(true)
  }

  /// A new start: what was not read of the last one is forgotten.
  func begin() {
    state.withLock { state in
      state.taken = state.length
      state.bytes = ByteQueue()
      state.isOver = false
      state.loss = 0
    }
  }

  func end() {
    state.withLock { $0.isOver = true }
    readable.set(true)
  }
}
