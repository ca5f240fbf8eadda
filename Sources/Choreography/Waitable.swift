import Events
import Scripting

/// A kind of event that scripts give to `wait`. Used on the script's thread.
protocol Waitable: AnyObject {
  /// What happened, if it has: what to push, or an error to raise.
  func outcome() -> Outcome?
  /// The same; what takes long to find out is given up when the deadline has passed.
  func outcome(until deadline: Deadline) -> Outcome?
  /// What wakes those who wait for it.
  var wakers: [any Waking] { get }
  /// "console text 'login:'": after "waiting for".
  var purpose: String { get }
  /// The machine whose end makes it impossible.
  var machine: MachineObject? { get }
  /// The machine or process whose end makes it impossible.
  var mortal: (any Mortal)? { get }
  /// Whether that end is what it waits for.
  var isExit: Bool { get }
  /// When to look at the latest.
  var deadline: Deadline { get }
  /// Whether nothing but another task of the script can bring it about.
  var isForTasks: Bool { get }
  /// Whether `outcome` changes only after one of the wakers woke, so that it need not be asked when
  /// another event did.
  var isExact: Bool { get }
  /// What `outcome` took, or counted, is not wanted after all.
  func forgo()
}

/// Throws nothing but `ScriptError`; Swift 6.3 crashes on a typed throw inside `Result`.
typealias Outcome = Result<(Call) throws -> Int, ScriptError>

extension Waitable {
  func outcome(until deadline: Deadline) -> Outcome? { outcome() }
  var machine: MachineObject? { nil }
  var mortal: (any Mortal)? { machine }
  var isExit: Bool { false }
  var deadline: Deadline { .never }
  var isForTasks: Bool { false }
  var isExact: Bool { false }
  func forgo() {}

  /// The purpose with the machine: "console text 'login:' of machine 'a'".
  var fullPurpose: String { mortal.map { "\(purpose) of \($0.shown)" } ?? purpose }
}

/// Time that passes: `wait(0.5)`.
final class Pause: Waitable {
  let seconds: Double
  let deadline: Deadline

  init(seconds: Double) {
    self.seconds = seconds
    deadline = .after(seconds)
  }

  func outcome() -> Outcome? { deadline.hasPassed ? .success { _ in 0 } : nil }
  var wakers: [any Waking] { [] }
  var purpose: String { "\(formatted(seconds)) s to pass" }
}
