import Events
import Glibc
import Guests
import Machines
import Scripting

/// A program in the guest that lasts until it has found what is waited for: begins when somebody
/// subscribes, again in each boot, and ends when the last one is gone.
final class GuestLook: Waking, @unchecked Sendable {
  // Used on the script's thread alone; only what `wake` touches is used elsewhere.
  private unowned let machine: MachineObject
  private let what: String
  private let request: ExecRequest
  private let judge: (ExecResult) -> Result<String, ScriptError>?
  private var process: GuestProcess?
  private var wakes: [UInt64: @Sendable () -> Void] = [:]
  private var lastID: UInt64 = 0
  private var subscriptions: [Subscription] = []
  /// The boot that ended while it looked: it begins again in the next.
  private var lostSession: UInt32??
  private var session: UInt32?

  /// `what` is what it looks for, in messages. The request's program is a shell; `judge` says what its
  /// end means, and nil that it has failed itself.
  init(
    _ machine: MachineObject, _ what: String, _ request: ExecRequest,
    judge: @escaping (ExecResult) -> Result<String, ScriptError>?
  ) {
    self.machine = machine
    self.what = what
    self.request = request
    self.judge = judge
  }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> Subscription {
    lastID += 1
    let id = lastID
    wakes[id] = wake
    if process == nil { begin() } else { listen() }
    return Subscription { [weak self] in self?.unsubscribe(id) }
  }

  private func unsubscribe(_ id: UInt64) {
    guard wakes.removeValue(forKey: id) != nil else { return }
    if wakes.isEmpty { stop() } else { listen() }
  }

  private func begin() {
    guard let agent = machine.agent else { return }
    let request = request
    process = Supervisor.sync { agent.exec(request) }
    session = agent.ready.value?.session
    listen()
  }

  private func listen() {
    let wakes = Array(wakes.values)
    let wake: @Sendable () -> Void = { for wake in wakes { wake() } }
    subscriptions = []
    if let agent = machine.agent { subscriptions.append(agent.ready.subscribe(wake)) }
    guard let ended = process?.exited else { return }
    subscriptions.append(ended.subscribe(wake))
    if ended.value != nil { wake() }
  }

  /// Nobody waits: what it may have found is old when somebody asks again.
  private func stop() {
    subscriptions = []
    lostSession = nil
    let process = process
    self.process = nil
    if let process, process.exited.value == nil { Supervisor.post { process.cancel() } }
  }

  /// What was found, once.
  func take() -> Result<String, ScriptError>? {
    if machine.agent == nil, machine.machine.bootCount.value ?? 0 > 0 {
      return .failure(
        ScriptError(
          .agent,
          "machine '\(machine.name)' has no agent, which would look for \(what) in the guest",
          machine: machine.name))
    }
    if let lostSession, let ready = machine.agent?.ready.value, ready.session != lostSession {
      self.lostSession = nil
      begin()
    }
    guard let process, let ended = process.exited.value else { return nil }
    switch ended {
    // What is under way in a guest that goes down is told so, or gets SIGTERM; the machine's end, or
    // the next boot, says more.
    case .success(let result) where result.status == .signalled(number: SIGTERM): return lost()
    case .failure(let error) where error.kind != .refused || error.code == ESHUTDOWN:
      return error.kind == .version || error.kind == .stuck ? failed(error.message) : lost()
    case .failure(let error): return failed(error.message)
    case .success(let result):
      if let verdict = judge(result) {
        self.process = nil
        return verdict
      }
      let text = String(decoding: result.standardError, as: UTF8.self)
      return failed("its shell \(result.status) \(text)")
    }
  }

  private func lost() -> Result<String, ScriptError>? {
    process = nil
    lostSession = session
    return nil
  }

  private func failed(_ text: String) -> Result<String, ScriptError> {
    process = nil
    return .failure(
      ScriptError(
        .agent, "the look for \(what) on machine '\(machine.name)' failed: \(text)",
        machine: machine.name))
  }
}
