import Events
import Processes
import Synchronization

/// What a suite tells whoever shows it.
public enum SuiteEvent: Sendable {
  case began(RunningFile)
  /// What it does now has changed.
  case changed(RunningFile)
  case ended(RunningFile, FileResult?)
  /// It is being ended, for this reason.
  case stopping(String)
  /// The terminal has another size.
  case resized
  /// The process is about to be stopped, as by Ctrl-Z, or goes on.
  case suspending, resumed
  case done(SuiteResult)
}

/// A file that runs, as far as a live view needs to know.
public struct RunningFile: Sendable {
  public var id: Int
  public var title: String
  public var since: Instant
  public var attempt = 1
  public var test: String?
  public var waits: [String] = []
}

/// Events on their way from the supervisor to the thread that shows them, which may be held up by a
/// terminal or a pipe.
public final class SuiteFeed: Sendable {
  private let events = Mutex<[SuiteEvent]>([])
  private let bell = Event<Bool>()

  public init() {}

  func post(_ event: SuiteEvent) {
    events.withLock { $0.append(event) }
    bell.set(true)
  }

  /// What has happened since the last call; waits for it until the deadline.
  public func next(until deadline: Deadline = .never) -> [SuiteEvent] {
    while true {
      bell.clear()
      let taken = events.withLock { events in
        defer { events = [] }
        return events
      }
      if !taken.isEmpty || deadline.hasPassed { return taken }
      _ = bell.block(until: deadline)
    }
  }
}
