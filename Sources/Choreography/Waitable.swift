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
  /// Whether that end is what it waits for.
  var isExit: Bool { get }
  /// When to look at the latest.
  var deadline: Deadline { get }
}

/// Throws nothing but `ScriptError`; Swift 6.3 crashes on a typed throw inside `Result`.
typealias Outcome = Result<(Call) throws -> Int, ScriptError>

extension Waitable {
  func outcome(until deadline: Deadline) -> Outcome? { outcome() }
  var machine: MachineObject? { nil }
  var isExit: Bool { false }
  var deadline: Deadline { .never }

  /// The purpose with the machine: "console text 'login:' of machine 'a'".
  var fullPurpose: String { machine.map { "\(purpose) of machine '\($0.name)'" } ?? purpose }
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
