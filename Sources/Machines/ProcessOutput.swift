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
  }

  /// Bytes of a line, and read from the file at one time.
  private static let limit = 1 << 20
  private static let chunk = 256 << 10

  public let readable = Event<Bool>()
  public let isFramed = false
  private let shown: String
  private let file: Descriptor
  private let state = Mutex(State())

  init(path: String, of shown: String) throws(MachineError) {
    self.shown = shown
    let number = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
    guard number >= 0 else {
      throw .system(.missing, "the log '\(path)' cannot be written", errno)
    }
    file = Descriptor(owning: number)
  }

  public var hasEnded: Bool {
    state.withLock { $0.isOver && $0.bytes.count == 0 && $0.taken == $0.length }
  }

  public func look() throws(MachineError) -> Int? {
    state.withLock { state in
      let count = state.bytes.count + state.length - state.taken
      return count > 0 || state.isOver ? count : nil
    }
  }

  public func read(_ limit: Int) throws(MachineError) -> Inbox.Taken {
    state.withLock { state in
      if state.bytes.count == 0 { fill(&state) }
      let bytes = state.bytes.take(limit)
      return !bytes.isEmpty ? .bytes(bytes) : state.isOver ? .end : .nothing
    }
  }

  public func readLine() throws(MachineError) -> Inbox.Taken {
    let line: Inbox.Taken? = state.withLock { state in
      while true {
        let isWhole = state.taken == state.length
        if let line = state.bytes.takeLine(evenUnfinished: isWhole && state.isOver) {
          return .bytes(line)
        }
        if isWhole { return state.isOver ? .end : .nothing }
        if state.bytes.count >= Self.limit { return nil }
        fill(&state)
      }
    }
    guard let line else {
      throw MachineError(
        .connection,
        "a line of \(shown) is longer than \(Self.limit >> 20) MiB: read it piece by piece, by"
          + " read(n)")
    }
    return line
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
    // On a full disk less is there to be read; the process does not stall for it.
    let written = bytes.withUnsafeBytes { write(file.number, $0.baseAddress, $0.count) }
    guard written > 0 else { return }
    state.withLock { $0.length += written }
    readable.set(true)
  }

  /// A new start: what was not read of the last one is forgotten.
  func begin() {
    state.withLock { state in
      state.taken = state.length
      state.bytes = ByteQueue()
      state.isOver = false
    }
  }

  func end() {
    state.withLock { $0.isOver = true }
    readable.set(true)
  }
}
