import Events
import Glibc
import Guests
import Machines
import Scripting

/// `vm:port(80)`: something listens on a port in the guest, now. A loop in the guest looks, through
/// the agent, as long as somebody waits; a connection from the host would prove nothing, since
/// QEMU's user-mode network accepts it for the guest.
final class PortEvent: MachineEvent {
  let subject: MachineObject
  private let port: UInt16
  private let transport: PortMap.Transport
  private let look: PortLook

  private init(_ machine: MachineObject, _ port: UInt16, _ transport: PortMap.Transport) {
    subject = machine
    self.port = port
    self.transport = transport
    look = PortLook(machine, port, transport)
  }

  static func make(_ call: Call, _ machine: MachineObject) throws(ScriptError) -> Int {
    guard let number = call.number(2), let port = UInt16(exactly: number), port > 0 else {
      throw .usage("port wants a guest's port from 1 to 65535, got \(try call.value(2).shown)")
    }
    let options = try Fields(call, 3, of: "port", known: ["protocol"])
    let name = try options.string("protocol") ?? "tcp"
    guard let transport = PortMap.Transport(rawValue: name) else {
      throw options.wrong("protocol", "\"tcp\" or \"udp\"")
    }
    return call.results(.object(PortEvent(machine, port, transport)))
  }

  var purpose: String { "\(transport.rawValue) port \(port) to be listened on" }
  var wakers: [any Waking] { [look] }

  func outcome() -> Outcome? {
    switch look.take() {
    case nil: return nil
    case .success?:
      let number = Int64(port)
      return .success { call in call.results(.integer(number)) }
    case .failure(let error)?: return .failure(error)
    }
  }
}

/// The looking: begins when somebody subscribes and ends when the last one is gone.
private final class PortLook: Waking, @unchecked Sendable {
  // Used on the script's thread alone; only what `wake` touches is used elsewhere.
  private unowned let machine: MachineObject
  private let request: ExecRequest
  private var process: GuestProcess?
  private var wakes: [UInt64: @Sendable () -> Void] = [:]
  private var lastID: UInt64 = 0
  private var subscription: Subscription?

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
    listen()
  }

  private func listen() {
    let wakes = Array(wakes.values)
    guard let ended = process?.exited else { return }
    subscription = ended.subscribe { for wake in wakes { wake() } }
    if ended.value != nil { for wake in wakes { wake() } }
  }

  /// Nobody waits: what it may have found is old when somebody asks again.
  private func stop() {
    subscription = nil
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
    switch process?.exited.value {
    case nil: return nil
    case .success(let result) where result.isSuccess:
      process = nil
      return .success(())
    case .success(let result):
      process = nil
      let text = String(decoding: result.standardError, as: UTF8.self)
      return .failure(
        ScriptError(
          .agent, "the look for a port on machine '\(machine.name)' failed: \(result.status) \(text)",
          machine: machine.name))
    case .failure(let error) where error.kind == .restarted:
      // The next boot may have it.
      begin()
      return nil
    case .failure(let error) where error.kind == .ended:
      // The machine's end says more; in a later start it is looked for again.
      return nil
    case .failure(let error):
      process = nil
      return .failure(
        ScriptError(
          .agent, "the look for a port on machine '\(machine.name)' failed: \(error.message)",
          machine: machine.name))
    }
  }
}
