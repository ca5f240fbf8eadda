import Events
import Guests
import Machines
import Scripting

/// What scripts wait for of one machine.
protocol MachineEvent: ScriptObject, Waitable {
  var subject: MachineObject { get }
}

extension MachineEvent {
  static var typeName: String { "event" }
  var machine: MachineObject? { subject }
  var shown: String { "event: \(fullPurpose)" }
  /// A machine that does not run has to be started.
  var isForTasks: Bool { !subject.isLiving }
}

/// `vm:ready()`: the agent of the present boot answers.
final class ReadyEvent: MachineEvent {
  let subject: MachineObject

  init(_ machine: MachineObject) { subject = machine }

  var purpose: String { "the agent" }
  var wakers: [any Waking] {
    guard let agent = subject.agent else { return [] }
    return [agent.ready, agent.ended, agent.barred]
  }

  func outcome() -> Outcome? {
    guard let agent = subject.agent else { return nil }
    if let ready = agent.ready.value {
      return .success { call in call.results(.number(ready.uptime)) }
    }
    if let error = agent.barred.value ?? agent.ended.value,
      error.kind == .barred || error.kind == .version
    {
      return .failure(ScriptError(.agent, error.message, machine: subject.name))
    }
    return nil
  }
}

/// `vm:exited()`: QEMU is gone. Delivers the end of the present boot, good ones as a value.
final class ExitedEvent: MachineEvent {
  let subject: MachineObject

  init(_ machine: MachineObject) { subject = machine }

  var purpose: String { "the end" }
  var isExit: Bool { true }
  var wakers: [any Waking] { [subject.machine.exited, subject.machine.failure] }

  func outcome() -> Outcome? {
    if let exit = subject.machine.exited.value {
      subject.lookForForbidden()
      if let failure = subject.machine.failure.value, !subject.isEndClaimed {
        subject.isEndClaimed = true
        return .failure(subject.explained(failure))
      }
      subject.isEndClaimed = true
      if exit.isGood || subject.mayExit {
        return .success { call in call.results(.table(Table(exit: exit))) }
      }
      return .failure(subject.explainedEnd(exit.error(machine: subject.name), during: nil))
    }
    if let failure = subject.machine.failure.value {
      subject.isEndClaimed = true
      return .failure(subject.explained(failure))
    }
    return nil
  }
}

extension Table {
  /// `{ code, signal, reason }`.
  init(exit: MachineExit) {
    self.init(fields: [
      ("code", exit.code.map { .integer(Int64($0)) } ?? .nil),
      ("reason", .string(exit.reason.rawValue)),
      ("signal", exit.signal.map { .integer(Int64($0)) } ?? .nil),
    ])
  }
}
