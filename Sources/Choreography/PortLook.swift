import Events
import Glibc
import Guests
import Machines
import Scripting

/// The looking: begins when somebody subscribes and ends when the last one is gone.
final class PortLook: Waking, @unchecked Sendable {
  // Used on the script's thread alone; only what `wake` touches is used elsewhere.
  private unowned let machine: MachineObject
  private let request: ExecRequest
  private var process: GuestProcess?
  private var wakes: [UInt64: @Sendable () -> Void] = [:]
  private var lastID: UInt64 = 0
  private var subscriptions: [Subscription] = []
  /// The boot that ended while it looked: it begins again in the next.
  private var lostSession: UInt32??
  private var session: UInt32?

  /// /proc/net/tcp and tcp6 (proc(5)): the local address and port are the second field, the state the
  /// fourth; 0A is listening, and 07 is what a UDP socket without a peer has. The script lasts
  /// until it has found it; whoever asked kills it when nobody waits any more.
  private static let script = """
    while :; do
      for table in /proc/net/$1 /proc/net/${1}6; do
        test -r $table || continue
        while read -r _ local _ state _; do
          case $local-$state in *:$2-$3) exit 0 ;; esac
        done <$table
      done
      sleep 0.1
    done
    """

  init(_ machine: MachineObject, _ port: UInt16, _ transport: PortMap.Transport) {
    self.machine = machine
    let digits = String(port, radix: 16, uppercase: true)
    let words = [
      "sh", "-c", Self.script, "port-\(port)", transport.rawValue,
      String(repeating: "0", count: 4 - digits.count) + digits, transport == .tcp ? "0A" : "07",
    ]
    request = ExecRequest(bytes: words.map { Array($0.utf8) })
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
    if let process, process.exited.value == nil { Supervisor.post { process.kill(SIGKILL) } }
  }

  /// What was found, once.
  func take() -> Result<Void, ScriptError>? {
    if machine.agent == nil, machine.machine.bootCount.value ?? 0 > 0 {
      return .failure(
        ScriptError(
          .agent,
          "machine '\(machine.name)' has no agent, which would look for ports in the guest",
          machine: machine.name))
    }
    if let lostSession, let ready = machine.agent?.ready.value, ready.session != lostSession {
      self.lostSession = nil
      begin()
    }
    guard let process, let ended = process.exited.value else { return nil }
    switch ended {
    case .success(let result) where result.isSuccess:
      self.process = nil
      return .success(())
    // What is under way in a guest that goes down is told so, or gets SIGTERM; the machine's end, or
    // the next boot, says more.
    case .success(let result) where result.status == .signalled(number: SIGTERM): return lost()
    case .failure(let error) where error.kind != .refused || error.code == ESHUTDOWN:
      return error.kind == .version || error.kind == .stuck ? failed(error.message) : lost()
    case .failure(let error): return failed(error.message)
    case .success(let result):
      let text = String(decoding: result.standardError, as: UTF8.self)
      return failed("its shell \(result.status) \(text)")
    }
  }

  private func lost() -> Result<Void, ScriptError>? {
    process = nil
    lostSession = session
    return nil
  }

  private func failed(_ text: String) -> Result<Void, ScriptError> {
    process = nil
    return .failure(
      ScriptError(
        .agent, "the look for a port on machine '\(machine.name)' failed: \(text)",
        machine: machine.name))
  }
}
