import Events
import Machines
import Scripting

/// What scripts wait for of one process.
protocol ProcessEvent: ScriptObject, Waitable {
  var subject: ProcessObject { get }
}

extension ProcessEvent {
  static var typeName: String { "event" }
  var mortal: (any Mortal)? { subject }
  var shown: String { "event: \(fullPurpose)" }
}

/// `p:exited()`: the process is gone. Gives good ends as a value.
final class ProcessExitedEvent: ProcessEvent {
  let subject: ProcessObject

  init(_ process: ProcessObject) { subject = process }

  var purpose: String { "the end" }
  var isExit: Bool { true }
  var wakers: [any Waking] { [subject.process.exited] }

  func outcome() -> Outcome? {
    guard let exit = subject.process.exited.value else { return nil }
    subject.isEndClaimed = true
    if exit.isGood || subject.mayExit {
      return .success { call in call.results(.table(Table(exit: exit))) }
    }
    return .failure(subject.explained(exit.error(process: subject.name)))
  }
}
