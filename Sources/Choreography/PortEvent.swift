import Events
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
