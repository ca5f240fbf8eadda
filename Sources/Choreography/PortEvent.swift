import Events
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
  private let look: GuestLook
  /// The unit whose failure makes the wait hopeless.
  private let unit: UnitEvent?

  /// /proc/net/tcp and tcp6 (proc(5)): the local address and port are the second field, the state the
  /// fourth; 0A is listening, and 07 is what a UDP socket without a peer has.
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

  private init(
    _ machine: MachineObject, _ port: UInt16, _ transport: PortMap.Transport, _ unit: UnitEvent?
  ) {
    subject = machine
    self.port = port
    self.transport = transport
    self.unit = unit
    let digits = String(port, radix: 16, uppercase: true)
    let words = [
      "sh", "-c", Self.script, "port-\(port)", transport.rawValue,
      String(repeating: "0", count: 4 - digits.count) + digits, transport == .tcp ? "0A" : "07",
    ]
    look = GuestLook(machine, "a port", ExecRequest(words)) { $0.isSuccess ? .success("") : nil }
  }

  static func make(_ call: Call, _ machine: MachineObject) throws(ScriptError) -> Int {
    guard let number = call.number(2), let port = UInt16(exactly: number), port > 0 else {
      throw .usage("port wants a guest's port from 1 to 65535, got \(try call.value(2).shown)")
    }
    let options = try Fields(call, 3, of: "port", known: ["protocol", "unit"])
    let name = try options.string("protocol") ?? "tcp"
    guard let transport = PortMap.Transport(rawValue: name) else {
      throw options.wrong("protocol", "\"tcp\" or \"udp\"")
    }
    var unit: UnitEvent?
    if options.isGiven("unit") {
      guard let name = UnitEvent.name(options.table["unit"]) else {
        throw options.wrong("unit", UnitEvent.wanted)
      }
      unit = UnitEvent(machine, name, onlyFailure: true)
    }
    return call.results(.object(PortEvent(machine, port, transport, unit)))
  }

  var purpose: String { "\(transport.rawValue) port \(port) to be listened on" }
  var wakers: [any Waking] { [look] + (unit?.wakers ?? []) }

  func outcome() -> Outcome? {
    switch look.take() {
    case nil: return unit?.outcome()
    case .success?:
      let number = Int64(port)
      return .success { call in call.results(.integer(number)) }
    case .failure(let error)?: return .failure(error)
    }
  }
}
