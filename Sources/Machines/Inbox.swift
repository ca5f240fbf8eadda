import Events
import Synchronization

/// What has come for a script and was not read yet. The supervisor fills it, and the script's thread
/// takes from it without asking the supervisor: a hop between the threads for each line costs more
/// than all else about the line.
public final class Inbox: Sendable {
  /// What a read gives.
  public enum Taken: Sendable, Hashable {
    case bytes([UInt8])
    /// There is nothing yet.
    case nothing
    /// There is nothing any more.
    case end
  }

  private struct State {
    var bytes = ByteQueue()
    var frames = FrameQueue()
    var isFramed = false
    var hasEnded = false
    var isFull = false
    /// Nothing can be read at all.
    var refusal: MachineError?
    /// What there is can be read, and then comes this.
    var failure: MachineError?
    var onRoom: @Sendable () -> Void = {}

    var count: Int { isFramed ? frames.count : bytes.count }
    var byteCount: Int { isFramed ? frames.byteCount : bytes.count }
    var isOver: Bool { hasEnded || failure != nil }
  }

  /// Set whenever there is something to read, or nothing more will come.
  public let readable = Event<Bool>()
  /// Bytes; beyond it the sender is made to wait.
  let limit: Int
  private let state = Mutex(State())

  public init(limit: Int, refusal: MachineError? = nil) {
    self.limit = limit
    state.withLock { $0.refusal = refusal }
  }

  // MARK: For the script, from any thread

  /// At most `limit` bytes, or one frame. Throws what it was refused or ended with.
  public func read(_ limit: Int = .max) throws(MachineError) -> Taken {
    try take { state in
      guard state.count > 0 else { return nil }
      return state.isFramed ? state.frames.take() : state.bytes.take(limit)
    }
  }

  /// A line without its line feed; the last one may have had none. Throws, and takes nothing, when
  /// all that is kept is one unfinished line.
  public func readLine() throws(MachineError) -> Taken {
    let taken = try take { state in state.bytes.takeLine(evenUnfinished: state.isOver) }
    if taken == .nothing, state.withLock({ $0.bytes.count >= limit }) {
      throw MachineError(
        .connection, "a line is longer than \(limit >> 20) MiB: read it piece by piece, by read(n)")
    }
    return taken
  }

  /// How many bytes or frames can be read, 0 at the end; nil when there is nothing yet.
  public func look() throws(MachineError) -> Int? {
    let (count, isOver, error) = state.withLock { state in
      (state.count, state.isOver, state.refusal ?? (state.count == 0 ? state.failure : nil))
    }
    if let error { throw error }
    return count > 0 || isOver ? count : nil
  }

  public var isFramed: Bool { state.withLock { $0.isFramed } }
  public var hasEnded: Bool { state.withLock { $0.isOver && $0.count == 0 } }
  /// Nothing more will come; what is there may be unread.
  var isOver: Bool { state.withLock { $0.isOver } }
  var byteCount: Int { state.withLock { $0.byteCount } }

  private func take(_ body: (inout State) -> [UInt8]?) throws(MachineError) -> Taken {
    var error: MachineError?
    var onRoom: (@Sendable () -> Void)?
    let taken: Taken = state.withLock { state in
      error = state.refusal
      guard error == nil else { return .nothing }
      if let bytes = body(&state) {
        if state.isFull && state.byteCount <= limit / 2 {
          state.isFull = false
          onRoom = state.onRoom
        }
        return .bytes(bytes)
      }
      guard state.count == 0 else { return .nothing }
      error = state.failure
      return state.hasEnded ? .end : .nothing
    }
    if let error { throw error }
    onRoom?()
    return taken
  }

  // MARK: For the supervisor

  /// Adds what came. Whether more is to be read now: else `whenRoom` tells later.
  @discardableResult public func append(_ bytes: [UInt8]) -> Bool {
    let hasRoom = state.withLock { state in
      if state.isFramed { state.frames.append(bytes) } else { state.bytes.append(bytes) }
      state.isFull = state.byteCount >= limit
      return !state.isFull
    }
    readable.set(true)
    return hasRoom
  }

  /// Whether more is wanted now; if not, `whenRoom` tells later.
  public var hasRoom: Bool { state.withLock { !$0.isFull } }

  /// Called, from any thread, when half of it is free again after it was full.
  public func whenRoom(_ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.onRoom = body }
  }

  /// Nothing more will come, for the reason given if it is no ordinary end.
  public func end(_ failure: MachineError? = nil) {
    state.withLock { state in
      state.hasEnded = failure == nil
      state.failure = failure
    }
    readable.set(true)
  }

  /// Forgets what is there and how it ended; a refusal makes each read throw it.
  func reset(isFramed: Bool = false, refusal: MachineError? = nil) {
    state.withLock { state in
      state.bytes = ByteQueue()
      state.frames = FrameQueue()
      state.isFramed = isFramed
      state.isFull = false
      state.hasEnded = false
      state.failure = nil
      state.refusal = refusal
    }
    readable.set(true)
  }

  /// More will come after all.
  func goOn() { state.withLock { $0.hasEnded = false } }
}
