import Events

/// Watches what a script waits for, for somebody who shows it: not each wait, of which there may be
/// thousands in a second, but what goes on at some moments.
public final class WaitObserver {
  private let tell: ([String]) -> Void
  private var told: [String] = []
  private var next = Deadline(.now)

  /// Seconds between two looks.
  private static let pause = 0.3

  public init(tell: @escaping ([String]) -> Void) { self.tell = tell }

  /// To be called before the script's thread sleeps; when it is to be called again at the latest.
  func look(at scheduler: Scheduler) -> Deadline {
    // Somebody ran in between, and may wait for something else.
    guard next.hasPassed else { return next }
    next = .after(Self.pause)
    let waits = scheduler.living.compactMap(\.wait)
    let outside = waits.filter { !$0.isForTasks }
    let purposes = (outside.isEmpty ? waits : outside).map(\.purpose)
    guard purposes != told else { return .never }
    told = purposes
    tell(purposes)
    return .never
  }
}
