import Events
import Machines
import Scripting

/// Something the supervisor does for a script, which waits for it: a QMP command, a stop.
final class Operation<Success: Sendable>: Wait {
  private let result = Event<Result<Success, MachineError>>()
  private let push: (Call, Success) throws(ScriptError) -> Int
  private let machine: MachineObject?
  private let limit: TimeLimit
  let purpose: String
  var machineName: String? { machine?.name }
  var deadline: Deadline { limit.deadline }

  /// Starts it at once; `body` is given the deadline, which `wait.eventually` may have set earlier
  /// than the time-out would. `timeout` nil is the run's default. In a rehearsal only what happens
  /// inside of this program is done, and the rest waits for ever.
  init(
    _ run: Run, _ purpose: String, of machine: MachineObject? = nil, timeout: Double? = nil,
    isInside: Bool = false,
    _ body: @escaping @Supervisor @Sendable (Deadline) async throws(MachineError) -> Success,
    push: @escaping (Call, Success) throws(ScriptError) -> Int
  ) {
    self.purpose = purpose
    self.machine = machine
    limit = run.limit(timeout)
    self.push = push
    let deadline = limit.deadline
    let result = result
    let work: @Supervisor @Sendable () async -> Void = {
      do throws(MachineError) {
        result.set(.success(try await body(deadline)))
      } catch {
        result.set(.failure(error))
      }
    }
    if !run.isRehearsal {
      Supervisor.post { Task { @Supervisor in await work() } }
    } else if isInside {
      Supervisor.wait { await work() }
    }
  }

  convenience init(
    _ run: Run, _ purpose: String, of machine: MachineObject? = nil, timeout: Double? = nil,
    isInside: Bool = false,
    _ body: @escaping @Supervisor @Sendable (Deadline) async throws(MachineError) -> Void
  ) where Success == Void {
    self.init(run, purpose, of: machine, timeout: timeout, isInside: isInside, body) {
      _, _ in 0
    }
  }

  func poll() -> Bool { result.value != nil || deadline.hasPassed }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    [result.subscribe(wake)]
  }

  func explain(_ error: inout ScriptError) {
    error.machine = machine?.name
    error.notes = machine?.evidence() ?? []
  }

  func finish(_ call: Call) throws(ScriptError) -> Int {
    switch result.value {
    case .success(let value): return try push(call, value)
    // Its own word for being late says less than what follows.
    case .failure(let error) where error.kind != .timeout:
      if let machine { throw machine.explained(error) }
      throw ScriptError(error)
    case nil, .failure:
      var error = ScriptError(
        .timeout, "\(limit.text) waiting for \(purpose)",
        machine: machine?.name)
      error.notes = machine?.evidence() ?? []
      throw error
    }
  }
}
