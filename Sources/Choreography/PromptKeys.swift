import Events
import Synchronization

/// What Ctrl-C and other signals find a prompt doing. Used from the script's thread and the supervisor.
final class PromptKeys: Sendable {
  private enum State { case idle, reading, evaluating, interrupted }

  private let console: any PromptConsole
  private let state = Mutex(State.idle)
  private let hasRead = Event<Bool>()

  init(_ console: any PromptConsole) { self.console = console }

  var isInteractive: Bool { console.isInteractive }

  func beginReading() {
    hasRead.clear()
    state.withLock { $0 = .reading }
  }

  func endReading() {
    state.withLock { $0 = .idle }
    hasRead.set(true)
  }

  func beginEvaluation() { state.withLock { $0 = .evaluating } }
  func endEvaluation() { state.withLock { $0 = .idle } }

  /// Ctrl-C. False if the run is to end by it: what runs was told before, or nobody is there to type.
  func interrupt(_ tell: () -> Void) -> Bool {
    guard isInteractive else { return false }
    let found = state.withLock { state in
      defer { if state == .evaluating { state = .interrupted } }
      return state
    }
    switch found {
    case .idle: break
    case .reading: console.interrupt()
    case .evaluating: tell()
    case .interrupted: return false
    }
    return true
  }

  var isReading: Bool { state.withLock { $0 == .reading } }

  /// Whether what is evaluated was interrupted.
  var isInterrupted: Bool { state.withLock { $0 == .interrupted } }

  func redraw() { if isReading { console.redraw() } }

  /// The run ends: gives the terminal back, if a line is being read.
  @Supervisor func leave() async {
    guard isReading else { return }
    console.interrupt()
    _ = await hasRead.wait(until: .after(1))
  }
}
