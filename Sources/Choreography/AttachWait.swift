import Events
import Machines
import Scripting

/// `vm:attach()`: until the person leaves the console, or the machine ends.
final class AttachWait: Wait {
  private let object: MachineObject
  private let session: TerminalSession
  private let limit: TimeLimit
  private let tap: Subscription
  var deadline: Deadline { limit.deadline }
  var purpose: String { "the person at the console of \(object.shown)" }

  static func attach(_ call: Call) throws(ScriptError) -> Int {
    guard call.isAbsent(2) else { throw .usage("attach has no options") }
    let object = MachineObject.of(call)
    try object.demandStarted()
    return try call.wait(try AttachWait(object))
  }

  private init(_ object: MachineObject) throws(ScriptError) {
    self.object = object
    limit = object.run.limit(.infinity)
    let (target, offer) = (AttachTarget(object), object.run.options.offer)
    do throws(MachineError) {
      (session, tap) = try Supervisor.sync { () throws(MachineError) in
        let session = TerminalSession(target.name, offer: offer)
        try session.begin(type: target.type, resize: target.resize)
        session.show(target.machine.console.recent)
        return (session, target.machine.console.tap { session.show($0) })
      }
    } catch {
      throw ScriptError(error)
    }
  }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    [session.ended.subscribe(wake)] + object.deathWakers.map { $0.subscribe(wake) }
  }

  func poll() -> Bool { session.ended.value != nil || object.hasEnded || deadline.hasPassed }

  func abandon() { leave(.left) }

  private func leave(_ end: TerminalSession.End) {
    let session = session
    Supervisor.sync { session.finish(end) }
  }

  func finish(_ call: Call) throws(ScriptError) -> Int {
    if session.ended.value != nil { return 0 }
    leave(object.hasEnded ? .closed : .left)
    if object.machine.exited.value?.isGood == true {
      object.isEndClaimed = true
      return 0
    }
    if let error = object.deathError(during: purpose) { throw error }
    throw ScriptError(.timeout, "\(limit.text) waiting for \(purpose)", machine: object.name)
  }
}
