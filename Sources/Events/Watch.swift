import CEvents
import Glibc

/// Calls a handler on the supervisor whenever a descriptor is readable, writable or hung up, until
/// cancelled. The descriptor stays its owner's, who cancels before closing it.
@Supervisor public final class Watch {
  public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    public static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// Hang-up or error; reported whether asked for or not.
    public static let ended = Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
  }

  private let descriptor: Int32
  private let handler: @Supervisor (Readiness) -> Void
  private var isActive = true

  /// What to report; an empty set reports only `ended`.
  public var interest: Readiness {
    didSet {
      guard isActive, interest != oldValue else { return }
      Supervisor.shared.loop.change(descriptor, EPOLL_CTL_MOD, interest.rawValue)
    }
  }

  public init(
    _ descriptor: Int32, for interest: Readiness = .readable,
    handler: @escaping @Supervisor (Readiness) -> Void
  ) {
    self.descriptor = descriptor
    self.interest = interest
    self.handler = handler
    Supervisor.shared.loop.change(descriptor, EPOLL_CTL_ADD, interest.rawValue)
    Supervisor.shared.loop.watches[descriptor] = self
  }

  public func cancel() {
    guard isActive else { return }
    isActive = false
    Supervisor.shared.loop.change(descriptor, EPOLL_CTL_DEL, 0)
    Supervisor.shared.loop.watches[descriptor] = nil
  }

  func handle(_ events: UInt32) { handler(Readiness(rawValue: events)) }
}

/// Calls a handler once on the supervisor at an instant, unless cancelled before.
@Supervisor public final class Timer {
  private var handler: (@Supervisor () -> Void)?

  @discardableResult
  public init(at deadline: Deadline, handler: @escaping @Supervisor () -> Void) {
    self.handler = handler
    Supervisor.shared.loop.timers.insert(self, at: deadline.instant)
  }

  public func cancel() { handler = nil }

  func fire() {
    let handler = handler
    self.handler = nil
    handler?()
  }
}
