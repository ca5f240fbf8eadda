import Events
import Synchronization

/// Counts what a script wrote and nobody has taken yet, so that a writer waits instead of filling
/// the host's memory.
public final class Outbox: Sendable {
  /// Bytes that may wait when a write returns.
  public static let limit = 256 << 10

  private struct State {
    var waiting = 0
    /// Bytes that could not be sent any more.
    var lost = 0
    var refusal: MachineError?
  }

  /// Set when there is room again, or writing has become impossible.
  public let changed = Event<Bool>()
  private let state = Mutex(State())

  public init(refusal: MachineError? = nil) { state.withLock { $0.refusal = refusal } }

  /// Bytes that wait.
  public var waiting: Int { state.withLock { $0.waiting } }

  /// Counts a message in; false when too much waits already.
  public func admit(_ count: Int) throws(MachineError) -> Bool {
    let (isAdmitted, refusal) = state.withLock { state in
      if state.refusal != nil || state.waiting > Self.limit { return (false, state.refusal) }
      state.waiting += count
      return (true, nil)
    }
    if let refusal { throw refusal }
    return isAdmitted
  }

  /// Whether little enough waits for a write to return. Throws the refusal if something was lost: the
  /// other side may have taken all, and then ended.
  public func isLow() throws(MachineError) -> Bool {
    let (isLow, refusal) = state.withLock {
      // Why they were lost is told a moment later.
      ($0.lost == 0 && $0.waiting <= Self.limit, $0.lost > 0 ? $0.refusal : nil)
    }
    if let refusal { throw refusal }
    return isLow
  }

  /// So many bytes are lost: nobody will read them. A refusal follows.
  func lose(_ count: Int) {
    state.withLock { state in
      state.waiting = max(0, state.waiting - count)
      state.lost += count
    }
  }

  /// Takes no more; what waits still goes out.
  func refuse(_ refusal: MachineError) { state.withLock { $0.refusal = refusal } }

  /// So many bytes were taken.
  public func took(_ count: Int) {
    let hasRoom = state.withLock { state in
      let wasHigh = state.waiting > Self.limit
      state.waiting = max(0, state.waiting - count)
      return wasHigh && state.waiting <= Self.limit
    }
    if hasRoom { changed.set(true) }
  }

  /// Forgets what waits; a refusal makes each write throw it.
  public func reset(refusal: MachineError? = nil) {
    state.withLock { state in
      state.lost = refusal == nil ? 0 : state.lost + state.waiting
      state.waiting = 0
      state.refusal = refusal
    }
    changed.set(true)
  }
}
