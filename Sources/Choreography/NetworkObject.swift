import Events
import Machines
import Networks
import Processes
import Scripting

/// `network {}`: an Ethernet switch in the host.
final class NetworkObject: ScriptObject {
  static let typeName = "network"
  static let fieldNames = ["name"]

  unowned let run: Run
  let network: Network
  let neighbours = NetworkNeighbours()
  /// By number.
  private(set) var ports: [NetworkPortObject] = []
  /// The script's own port, once it has injected a frame.
  private var scriptPort: NetworkPortObject?

  var name: String { network.name }
  var shown: String { "network '\(name)'" }

  private init(_ run: Run, _ network: Network) {
    self.run = run
    self.network = network
  }

  static func make(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let fields = try Fields(call, 1, of: "network", known: ["name", "ageing", "queue"])
    var settings = EthernetSwitch.Settings()
    if let ageing = try fields.seconds("ageing") { settings.ageing = ageing }
    if let queue = try fields.size("queue") {
      guard (128 << 10...1 << 30).contains(queue) else {
        throw fields.wrong("queue", "a size from '128K' to '1G'")
      }
      settings.queue = Int(queue)
    }
    let name = run.uniqueName(try fields.label("name") ?? "network")
    do throws(ProcessError) {
      let network = try Network(name: name, settings: settings, seed: run.seed)
      let object = NetworkObject(run, network)
      run.inventory?.networks.append(object)
      return call.results(.object(object))
    } catch {
      throw ScriptError(.launch, "network '\(name)': \(error.message)")
    }
  }

  /// For the run's record.
  func tellFault(_ fault: String, _ detail: String) { run.witness.tellFault(name, fault, detail) }

  func field(_ key: Value) -> Value? { key.text == "name" ? .string(name) : nil }

  // MARK: Ports

  func addPort(_ name: String, mac: String? = nil) throws(ScriptError) -> NetworkPortObject {
    guard let number = network.addPort(name) else {
      throw .usage("\(shown) has \(EthernetSwitch.maximumPorts) ports, and takes no more")
    }
    let port = NetworkPortObject(self, number: number, mac: mac)
    ports.append(port)
    return port
  }

  func ownPort() throws(ScriptError) -> NetworkPortObject {
    if let scriptPort { return scriptPort }
    let port = try addPort("script")
    scriptPort = port
    return port
  }

  /// Who is on the network: its machines in the order of their first ports, and ports that no machine
  /// was made with, but for the script's own.
  var members: [NetworkMember] {
    var members: [NetworkMember] = []
    for port in ports where port !== scriptPort {
      guard let machine = port.machines.last else {
        members.append(NetworkMember(value: .object(port), ports: [port]))
        continue
      }
      let known = members.firstIndex {
        if case .object(let object) = $0.value { object === machine } else { false }
      }
      if let known {
        members[known].ports.append(port)
      } else {
        members.append(NetworkMember(value: .object(machine), ports: [port]))
      }
    }
    return members
  }

  /// The ports of a machine that a script names, or the port.
  func member(_ value: Value, _ what: String) throws(ScriptError) -> NetworkMember {
    guard case .object(let object) = value else {
      throw .usage("\(what) wants a machine or a port of \(shown), got \(value.shown)")
    }
    if let port = object as? NetworkPortObject {
      guard port.network === self else {
        throw .usage("\(what): port '\(port.port.label)' is not on \(shown)")
      }
      return NetworkMember(value: value, ports: [port])
    }
    guard let machine = object as? MachineObject else {
      throw .usage("\(what) wants a machine or a port of \(shown), got \(value.shown)")
    }
    let own = ports.filter { port in port.machines.contains { $0 === machine } }
    guard !own.isEmpty else {
      let known = members.map(\.name)
      throw .usage(
        "\(what): machine '\(machine.name)' is not on \(shown)"
          + (known.isEmpty ? "; nobody is" : "; on it: \(known.joined(separator: ", "))"))
    }
    return NetworkMember(value: value, ports: own)
  }

  /// One member, or a list of them.
  func members(
    _ value: Value, _ what: String, mayBeNone: Bool = false
  ) throws(ScriptError) -> [NetworkMember] {
    guard case .table(let table) = value else { return [try member(value, what)] }
    _ = try Fields(table, of: what, known: [])
    guard mayBeNone || !table.isEmpty else {
      throw .usage("\(what) wants machines, and the list is empty")
    }
    var members: [NetworkMember] = []
    for value in table.positions { members.append(try member(value, what)) }
    return members
  }

  // MARK: Carrier

  func setPlugged(
    _ call: Call, _ objects: [NetworkPortObject], _ isPlugged: Bool
  ) throws(ScriptError) -> Int {
    let attached = objects.map(\.port)
    let names = attached.map { "'\($0.label)'" }.joined(separator: ", ")
    let state = isPlugged ? "plugged in" : "unplugged"
    tellFault(isPlugged ? "plug" : "unplug", objects.map(\.name).joined(separator: ", "))
    return try call.wait(
      Operation<Void>(run, "port \(names) to be \(state)", isInside: true) {
        _ throws(MachineError) in
        for port in attached { try await port.setPlugged(isPlugged) }
      })
  }
}

/// Who is on a network, as a script names it.
struct NetworkMember {
  /// A machine or a port.
  var value: Value
  var ports: [NetworkPortObject]

  var numbers: Set<Int> { Set(ports.map(\.port.number)) }
  var name: String {
    if case .object(let object) = value, let machine = object as? MachineObject {
      return machine.name
    }
    return ports[0].name
  }
}

extension [NetworkMember] {
  var shown: String { map(\.name).joined(separator: ", ") }
  var numbers: Set<Int> { reduce(into: []) { $0.formUnion($1.numbers) } }
}

extension Fields {
  /// A name that can be shown.
  func label(_ name: String) throws(ScriptError) -> String? {
    guard let text = try string(name) else { return nil }
    guard !text.isEmpty, text.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 })
    else {
      throw wrong(name, "a name, of characters that can be shown")
    }
    return text
  }
}
