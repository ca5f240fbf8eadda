import Events
import Guests
import Scripting

/// Waits for what the agent was asked, or the end of its machine.
final class CommandWait<Success: Sendable>: Wait {
  private let object: MachineObject
  private let event: Event<Result<Success, AgentError>>
  private let what: String
  private let limit: TimeLimit
  private let onAbandon: () -> Void
  private let push: (Call, Success) throws(ScriptError) -> Int
  var deadline: Deadline { limit.deadline }

  init(
    _ object: MachineObject, _ event: Event<Result<Success, AgentError>>, purpose: String,
    timeout: Double? = nil, onAbandon: @escaping () -> Void = {},
    _ push: @escaping (Call, Success) throws(ScriptError) -> Int
  ) {
    self.object = object
    self.event = event
    what = purpose
    limit = object.run.limit(timeout)
    self.onAbandon = onAbandon
    self.push = push
  }

  var purpose: String { "\(what) on machine '\(object.name)'" }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    [
      event.subscribe(wake), object.machine.exited.subscribe(wake),
      object.machine.failure.subscribe(wake),
    ]
  }

  func poll() -> Bool {
    switch event.value {
    case .success: return true
    case .failure(let error) where error.kind != .ended: return true
    // The channel ends a little before QEMU: its end says more.
    case .failure, nil:
      return object.machine.exited.value != nil || object.machine.failure.value != nil
        || deadline.hasPassed
    }
  }

  func abandon() { onAbandon() }

  func explain(_ error: inout ScriptError) {
    error.machine = object.name
    error.notes = object.evidence()
  }

  func finish(_ call: Call) throws(ScriptError) -> Int {
    if case .success(let value) = event.value { return try push(call, value) }
    if case .failure(let error) = event.value, error.kind != .ended { throw translated(error) }
    if let error = object.deathError(during: what) { throw error }
    if case .failure(let error) = event.value { throw translated(error) }
    abandon()
    let isReady = object.agent?.ready.value != nil
    let about = isReady ? purpose : "the agent of machine '\(object.name)', to run \(what)"
    var error = ScriptError(
      .timeout, "\(limit.text) waiting for \(about)",
      machine: object.name)
    error.notes = object.evidence()
    throw error
  }

  /// A refusal is the command's failure; anything else the agent's.
  private func translated(_ error: AgentError) -> ScriptError {
    var result = ScriptError(
      error.kind == .refused ? .command : .agent,
      "\(what) on machine '\(object.name)': \(error.message)", machine: object.name)
    if let code = error.code { result.fields["errno"] = .integer(Int64(code)) }
    return result
  }
}
