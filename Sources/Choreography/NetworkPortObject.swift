import Events
import Machines
import Networks
import Scripting

/// `lan:port {}`: a port of a network, for a machine.
final class NetworkPortObject: ScriptObject {
  static let typeName = "network port"
  static let fieldNames = ["name"]

  let network: NetworkObject
  let port: AttachedPort
  let name: String
  /// The address that its machine's interface has, unless that says otherwise.
  let mac: String?
  /// The cable at it, if it is not for machines.
  var cable: CableEndObject?
  /// Those that were made with it.
  var machines: [MachineObject] = []

  init(_ network: NetworkObject, number: Int, mac: String?) {
    self.network = network
    self.mac = mac
    name = network.network.ports[number]
    port = AttachedPort(
      label: "\(network.name).\(name)", number: number, ethernet: network.network.ethernet,
      neighbours: network.neighbours)
  }

  var shown: String { "network port '\(port.label)'" }

  func field(_ key: Value) -> Value? { key.text == "name" ? .string(name) : nil }

  static var methods: [String: NativeFunction] {
    [
      "unplug": { call throws(ScriptError) in
        let object = call.object(1) as! NetworkPortObject
        return try object.network.setPlugged(call, [object], false)
      },
      "plug": { call throws(ScriptError) in
        let object = call.object(1) as! NetworkPortObject
        return try object.network.setPlugged(call, [object], true)
      },
    ]
  }
}
