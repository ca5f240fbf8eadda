import Events

/// Follows the starts of machines that wait for room, for one wait: what has been started is woken for
/// by other things than before.
final class LateStarts {
  private var wake: (@Sendable () -> Void)?
  private var unstarted: [any Waitable] = []
  private var subscriptions: [Subscription] = []

  /// What wakes for an event: its own wakers, the end of whom it concerns, or the start of that.
  func subscribe(
    _ event: any Waitable, _ wake: @escaping @Sendable () -> Void
  ) -> [Subscription] {
    var wakers = event.wakers
    if let mortal = event.mortal {
      wakers += mortal.deathWakers
      if let start = mortal.pendingStart {
        wakers.append(start)
        unstarted.append(event)
        self.wake = wake
      }
    }
    return wakers.map { $0.subscribe(wake) }
  }

  /// To be called before each look.
  func follow() {
    guard let wake, !unstarted.isEmpty else { return }
    let events = unstarted
    unstarted = []
    for event in events {
      if event.mortal?.pendingStart != nil {
        unstarted.append(event)
      } else {
        subscriptions += subscribe(event, wake)
      }
    }
  }
}
