import Events
import Guests
import Scripting

/// Waits for what the agent was asked, or the end of its machine. What is out of time is stopped in the
/// guest before the script hears of it.
final class CommandWait<Success: Sendable>: Wait {
  private let object: MachineObject
  private let event: Event<Result<Success, AgentError>>
  private let what: String
  private let limit: TimeLimit
  private let onAbandon: () -> Void
  /// Whether stopping it has an end that shows in `event`, as killing a program has.
  private let showsEnd: Bool
  /// Set when what was stopped has had time enough to end.
  private let patienceOver = Event<Bool>()
  private var isLate = false
  private let push: (Call, Success) throws(ScriptError) -> Int
  var deadline: Deadline { limit.deadline }

  /// Seconds that a killed program may take to be gone.
  static var patience: Double { 2 }

  init(
    _ object: MachineObject, _ event: Event<Result<Success, AgentError>>, purpose: String,
    timeout: Double? = nil, showsEnd: Bool = false, onAbandon: @escaping () -> Void = {},
    _ push: @escaping (Call, Success) throws(ScriptError) -> Int
  ) {
    self.object = object
    self.event = event
    what = purpose
    limit = object.run.limit(timeout)
    self.showsEnd = showsEnd
    self.onAbandon = onAbandon
    self.push = push
  }

  var machineName: String? { object.name }
  var purpose: String { "\(what) on machine '\(object.name)'" }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    var wakers: [any Waking] = [
      event, object.machine.exited, object.machine.failure, patienceOver,
    ]
    if let agent = object.agent { wakers.append(agent.ready) }
    return wakers.map { $0.subscribe(wake) }
  }

  func poll() -> Bool {
    if let answer = event.value, isLate || object.isFinal(answer) { return true }
    if object.machine.exited.value != nil || object.machine.failure.value != nil { return true }
    return deadline.hasPassed && isGivenUp()
  }

  /// Out of time: the program is killed, and its end awaited for a little.
  private func isGivenUp() -> Bool {
    guard !isLate else { return patienceOver.value != nil }
    isLate = true
    abandon()
    guard showsEnd, object.agent?.ready.value != nil else { return true }
    Supervisor.post { [patienceOver] in
      Timer(at: .after(Self.patience)) { patienceOver.set(true) }
    }
    return false
  }

  func abandon() { onAbandon() }

  func explain(_ error: inout ScriptError) {
    error.machine = object.name
    error.notes = object.evidence()
  }

  func finish(_ call: Call) throws(ScriptError) -> Int {
    if !isLate, let answer = event.value {
      if case .success(let value) = answer { return try push(call, value) }
      if case .failure(let error) = answer, error.kind != .ended {
        throw object.translated(error, what)
      }
    }
    if let error = object.deathError(during: what) { throw error }
    if !isLate, case .failure(let error) = event.value { throw object.translated(error, what) }
    let isReady = object.agent?.ready.value != nil
    let about = isReady ? purpose : "the agent of machine '\(object.name)', to run \(what)"
    let isStuck = isReady && showsEnd && event.value == nil
    var error = ScriptError(
      .timeout,
      "\(limit.text) waiting for \(about)"
        + (isStuck
          ? "; it was killed and is not gone: it hangs in the guest's kernel, or the guest stands still"
          : ""),
      machine: object.name)
    error.notes = object.evidence()
    throw error
  }
}

extension MachineObject {
  /// Whether the agent's answer is the last word. A channel ends a little before QEMU, and a guest that
  /// goes down may end or boot again: that says more.
  func isFinal<Success>(_ answer: Result<Success, AgentError>) -> Bool {
    if case .failure(let error) = answer, error.kind == .ended { return agent?.ready.value != nil }
    return true
  }

  /// A refusal is the command's failure; anything else the agent's.
  func translated(_ error: AgentError, _ what: String) -> ScriptError {
    let kind: ScriptError.Kind =
      switch error.kind {
      case .refused: .command
      case .host: .missing
      default: .agent
      }
    var result = ScriptError(
      kind, kind == .missing ? error.message : "\(what) on machine '\(name)': \(error.message)",
      machine: name)
    if let code = error.code { result.fields["errno"] = .integer(Int64(code)) }
    return result
  }
}
