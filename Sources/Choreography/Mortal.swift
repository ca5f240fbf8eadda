import Events
import Scripting

/// What a script has started and what may end without being asked to, which fails the script: a
/// machine, a process. Used on the script's thread.
protocol Mortal: AnyObject {
  /// "machine 'a'".
  var shown: String { get }
  /// What an error names as its machine; nil for a process.
  var machineName: String? { get }
  /// What wakes those whom its end concerns.
  var deathWakers: [any Waking] { get }
  /// What is set when a start that has to wait for room comes about; nil if none waits.
  var pendingStart: (any Waking)? { get }
  /// What that start waits for.
  var pendingReason: String? { get }
  /// It has ended, or works no more; all that it said before is known.
  var hasEnded: Bool { get }
  /// Sleeps until its end is told, if it runs no more. Not for the supervisor.
  func awaitEnding(until deadline: Deadline)
  /// The error for a wait that its end makes hopeless; nil while it lives.
  func deathError(during purpose: String) -> ScriptError?
  /// The error for an end that nobody asked for or was told of, once; `activity` is what the script
  /// did meanwhile.
  func takeUnclaimedEnd(during activity: String?) -> ScriptError?
  /// Where it was started, the last it said, where its logs are.
  func evidence() -> [String]
}

extension Mortal {
  var pendingStart: (any Waking)? { nil }
  var pendingReason: String? { nil }
}

extension MachineObject: Mortal {
  var machineName: String? { name }
  var deathWakers: [any Waking] { [machine.exited, machine.failure] }
  var hasEnded: Bool {
    lookForForbidden()
    return machine.exited.value != nil || machine.failure.value != nil
  }

  func awaitEnding(until deadline: Deadline) {
    let machine = machine
    guard machine.exited.value == nil else { return }
    Supervisor.wait {
      if machine.pid != nil, machine.isEnding { _ = await machine.exited.wait(until: deadline) }
    }
  }

  func takeUnclaimedEnd(during activity: String?) -> ScriptError? {
    guard let error = unclaimedEnd else { return nil }
    isEndClaimed = true
    return explainedEnd(error, during: activity)
  }
}
