import Synchronization

/// Something that happens once and stays true until cleared (a new boot clears `ready`), and wakes
/// who waits for it. May be set, read and subscribed to from any thread.
public final class Event<Value: Sendable>: Waking {
  private struct State {
    var value: Value?
    var wakers: [UInt64: @Sendable () -> Void] = [:]
    var nextID: UInt64 = 0
  }
  private let state = Mutex(State())

  public init(_ value: Value? = nil) {
    if let value { state.withLock { $0.value = value } }
  }

  /// What happened, or nil if it has not (yet, or again).
  public var value: Value? { state.withLock { $0.value } }

  /// Sets the value and wakes all subscribers. Setting it again replaces the value.
  public func set(_ value: Value) {
    let wakers = state.withLock { state in
      state.value = value
      // In the order in which they came, so that the same run goes the same way.
      return state.wakers.sorted { $0.key < $1.key }.map(\.value)
    }
    for wake in wakers { wake() }
  }

  /// Whether anybody has subscribed.
  public var isAwaited: Bool { state.withLock { !$0.wakers.isEmpty } }

  public func clear() { state.withLock { $0.value = nil } }

  /// Calls `wake` at each later `set`, on the thread that sets, until the subscription is
  /// cancelled. What is true already is to be read from `value` after subscribing.
  public func subscribe(_ wake: @escaping @Sendable () -> Void) -> Subscription {
    let id = state.withLock { state in
      state.nextID += 1
      state.wakers[state.nextID] = wake
      return state.nextID
    }
    return Subscription { [weak self] in
      self?.state.withLock { _ = $0.wakers.removeValue(forKey: id) }
    }
  }
}

/// What can wake a waiter. The waiter then looks for itself whether what it wants is true.
public protocol Waking: AnyObject, Sendable {
  func subscribe(_ wake: @escaping @Sendable () -> Void) -> Subscription
}

/// Ends with `cancel()` or when it is released.
public final class Subscription: Sendable {
  private let end: @Sendable () -> Void
  public init(_ end: @escaping @Sendable () -> Void) { self.end = end }
  public func cancel() { end() }
  deinit { end() }
}

extension Event {
  /// Waits on the supervisor until the event is set; nil when the deadline comes first.
  @Supervisor public func wait(until deadline: Deadline = .never) async -> Value? {
    if let value { return value }
    return await withCheckedContinuation { continuation in
      let waiter = Waiter(continuation)
      let answer: @Sendable () -> Void = { [weak self] in
        Supervisor.post { waiter.resume(self?.value) }
      }
      waiter.subscription = subscribe(answer)
      if value != nil { answer() }
      if deadline != .never { waiter.timer = Timer(at: deadline) { waiter.resume(nil) } }
    }
  }

  /// The same for any other thread, which sleeps meanwhile. No task is made: tasks may need a
  /// thread of the global pool, which may be full of threads that sleep here.
  public func block(until deadline: Deadline = .never) -> Value? {
    let baton = Baton()
    let subscription = subscribe { baton.pass() }
    defer { subscription.cancel() }
    if deadline != .never && value == nil {
      Supervisor.post { Timer(at: deadline) { baton.pass() } }
    }
    while true {
      if let value { return value }
      if deadline.hasPassed { return nil }
      baton.take()
    }
  }
}

/// Resumes a continuation once.
@Supervisor private final class Waiter<Value: Sendable> {
  private var continuation: CheckedContinuation<Value?, Never>?
  var subscription: Subscription?
  var timer: Timer?

  init(_ continuation: CheckedContinuation<Value?, Never>) { self.continuation = continuation }

  func resume(_ value: Value?) {
    timer?.cancel()
    subscription?.cancel()
    continuation?.resume(returning: value)
    continuation = nil
  }
}
