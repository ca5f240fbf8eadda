import Events
import Machines
import Networks
import Processes
import Scripting

/// What scripts can say to a network.
extension NetworkObject {
  static var methods: [String: NativeFunction] {
    [
      "port": port, "attach": attach, "partition": partition, "isolate": isolate, "cut": cut,
      "bridge": bridge, "majorities_ring": majoritiesRing, "random_halves": randomHalves,
      "split_one": splitOne, "hold": hold, "release": release, "heal": heal,
      "unplug": { call throws(ScriptError) in try plug(call, "unplug", false) },
      "plug": { call throws(ScriptError) in try plug(call, "plug", true) },
      "link": { call throws(ScriptError) in try LinkObject.make(call, of(call)) },
      "capture": { call throws(ScriptError) in try CaptureObject.make(call, of(call)) },
      "members": { call in
        call.results(.table(Table(positions: of(call).members.map(\.value))))
      },
      "counters": counters, "inject": inject,
      "frames": { call throws(ScriptError) in try FramesObject.make(call, of(call)) },
    ]
  }

  static func of(_ call: Call) -> NetworkObject { call.object(1) as! NetworkObject }

  // MARK: Ports

  private static func port(_ call: Call) throws(ScriptError) -> Int {
    let fields = try Fields(call, 2, of: "port", known: ["name", "mac", "vlan", "trunk"])
    let membership = try vlans(fields)
    let object = of(call)
    let port = try object.addPort(
      try fields.label("name") ?? "port", mac: try mac(fields))
    object.network.ethernet.setVLAN(port.port.number, membership)
    return call.results(.object(port))
  }

  private static func mac(_ fields: Fields) throws(ScriptError) -> String? {
    guard let text = try fields.string("mac") else { return nil }
    guard MachineSpecification.isMAC(text) else {
      throw fields.wrong("mac", "an interface's MAC address, such as '02:00:00:00:00:01'")
    }
    return text
  }

  private static func vlans(_ fields: Fields) throws(ScriptError) -> VLANMembership {
    let numbers =
      Int64(VLANMembership.numbers.lowerBound)...Int64(VLANMembership.numbers.upperBound)
    guard let trunk = try fields.table("trunk") else {
      return try fields.integer("vlan", in: numbers).map { .access(Int($0)) } ?? .none
    }
    guard !fields.isGiven("vlan") else {
      throw .usage(
        "port: 'vlan' is for a port whose frames have no tags, 'trunk' for tags; give one")
    }
    var vlans: Set<Int> = []
    for value in trunk.positions {
      guard case .integer(let number) = value, numbers.contains(number) else {
        throw .usage("port: field 'trunk' wants numbers from 1 to 4094, got \(value.shown)")
      }
      vlans.insert(Int(number))
    }
    guard !vlans.isEmpty, trunk.fields.isEmpty else {
      throw fields.wrong("trunk", "a list of VLANs, as in { 10, 20 }")
    }
    return .trunk(vlans)
  }

  /// `lan:attach(end)`: the other end of the cable is on the network.
  private static func attach(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    guard let cable = call.object(2) as? CableEndObject else {
      throw .usage("attach wants a cable's end, got \(try call.value(2).shown)")
    }
    let fields = try Fields(call, 3, of: "attach", known: ["name", "vlan", "trunk"])
    let membership = try vlans(fields)
    let name = try fields.label("name") ?? cable.end.label
    let (end, network) = (cable.end, object.name)
    let descriptor: DescriptorBox
    do throws(MachineError) {
      descriptor = try Supervisor.sync { () throws(MachineError) in
        try end.join(network: network)
      }
    } catch {
      throw ScriptError(error)
    }
    let port = try object.addPort(name)
    // The cable lives as long as the network.
    port.cable = cable
    object.network.ethernet.setVLAN(port.port.number, membership)
    object.network.ethernet.attach(port.port.number, descriptor, isDatagram: true)
    // So that a frame which the script sends from elsewhere now finds the cable here.
    object.network.ethernet.settle()
    return call.results(.object(port))
  }

  private static func plug(
    _ call: Call, _ what: String, _ isPlugged: Bool
  ) throws(ScriptError) -> Int {
    let object = of(call)
    let members = try object.members(try call.value(2), what)
    return try object.setPlugged(call, members.flatMap(\.ports), isPlugged)
  }

  // MARK: Partitions

  private static func partition(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    var groups: [Set<Int>] = []
    var names: [Int: String] = [:]
    var shownGroups: [String] = []
    for index in stride(from: 2, through: call.count, by: 1) {
      let members = try object.members(try call.value(index), "partition", mayBeNone: true)
      for member in members {
        for number in member.numbers {
          if names.updateValue(member.name, forKey: number) != nil {
            throw .usage("partition: '\(member.name)' is in two groups, or twice in one")
          }
        }
      }
      groups.append(members.numbers)
      shownGroups.append("{ \(members.shown) }")
    }
    guard !groups.isEmpty else {
      throw .usage("partition wants groups, as in lan:partition({ a, b }, { c })")
    }
    object.network.partition(groups)
    object.tellFault("partition", shownGroups.joined(separator: ", "))
    return 0
  }

  private static func isolate(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    guard call.count > 1 else { throw .usage("isolate wants machines, as in lan:isolate(c)") }
    var members: [NetworkMember] = []
    for index in stride(from: 2, through: call.count, by: 1) {
      members += try object.members(try call.value(index), "isolate")
    }
    object.network.isolate(members.numbers)
    object.tellFault("isolate", members.shown)
    return 0
  }

  private static func cut(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    guard let ends = try LinkEnds(call, object, "cut"), let others = ends.others else {
      throw .usage("cut wants two ends, as in lan:cut(a, b) or lan:cut { from = a, to = b }")
    }
    object.network.cut(from: ends.some.numbers, to: others.numbers)
    if ends.isBothWays { object.network.cut(from: others.numbers, to: ends.some.numbers) }
    object.tellFault("cut", ends.shown)
    return 0
  }

  private static func bridge(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    guard !call.isAbsent(2) else {
      throw .usage("bridge wants the machine that reaches all, as in lan:bridge(a)")
    }
    let bridge = try object.members(try call.value(2), "bridge")
    let members = try object.chosen(call, 3, "bridge", atLeast: 3)
    object.network.bridge(bridge.numbers, members.map(\.numbers))
    object.tellFault("bridge", "\(bridge.shown) between \(members.shown)")
    return 0
  }

  private static func majoritiesRing(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let members = try object.chosen(call, 2, "majorities_ring", atLeast: 3)
    object.network.majoritiesRing(members.map(\.numbers))
    object.tellFault("majorities_ring", members.shown)
    return 0
  }

  private static func randomHalves(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let members = try object.chosen(call, 2, "random_halves", atLeast: 2)
    let halves = object.network.randomHalves(members.map(\.numbers))
    object.tellFault(
      "random_halves",
      halves.map { half in "{ \(half.map { members[$0] }.shown) }" }.joined(separator: ", "))
    let tables = halves.map { half in Value.table(Table(positions: half.map { members[$0].value }))
    }
    return call.results(tables[0], tables[1])
  }

  private static func splitOne(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let members = try object.chosen(call, 2, "split_one", atLeast: 2)
    let one = object.network.splitOne(members.map(\.numbers))
    object.tellFault("split_one", members[one].name)
    return call.results(members[one].value)
  }

  /// The members that a call names, or all.
  private func chosen(
    _ call: Call, _ index: Int, _ what: String, atLeast least: Int
  ) throws(ScriptError) -> [NetworkMember] {
    let chosen =
      call.isAbsent(index) ? members : try members(try call.value(index), what, mayBeNone: true)
    guard chosen.count >= least else {
      throw .usage("\(what) wants at least \(least) machines on \(shown), got \(chosen.count)")
    }
    var seen: Set<Int> = []
    for member in chosen {
      guard seen.isDisjoint(with: member.numbers) else {
        throw .usage("\(what): '\(member.name)' is in the list twice")
      }
      seen.formUnion(member.numbers)
    }
    return chosen
  }

  // MARK: Holds and their end

  private static func hold(_ call: Call) throws(ScriptError) -> Int {
    let network = of(call).network
    return try apply(
      call, "hold", all: { network.hold(nil) }, some: { network.hold($0) },
      between: { network.hold(from: $0, to: $1) })
  }

  private static func release(_ call: Call) throws(ScriptError) -> Int {
    let network = of(call).network
    return try apply(
      call, "release", all: { network.release() }, some: { network.release($0) },
      between: { network.release(from: $0, to: $1) })
  }

  /// To all links, to those of some members, or to those from some to others.
  private static func apply(
    _ call: Call, _ what: String, all: () -> Void, some: (Set<Int>) -> Void,
    between: (Set<Int>, Set<Int>) -> Void
  ) throws(ScriptError) -> Int {
    let object = of(call)
    guard let ends = try LinkEnds(call, object, what) else {
      all()
      object.tellFault(what, "all")
      return 0
    }
    guard let others = ends.others else {
      some(ends.some.numbers)
      object.tellFault(what, ends.shown)
      return 0
    }
    between(ends.some.numbers, others.numbers)
    if ends.isBothWays { between(others.numbers, ends.some.numbers) }
    object.tellFault(what, ends.shown)
    return 0
  }

  private static func heal(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    guard let ends = try LinkEnds(call, object, "heal") else {
      object.network.heal()
      object.tellFault("heal", "all")
      return 0
    }
    guard ends.isBothWays else {
      throw .usage("heal wants nothing, a machine, or two ends, as in lan:heal(a, b)")
    }
    if let others = ends.others {
      object.network.heal(ends.some.numbers, others.numbers)
    } else {
      object.network.heal(ends.some.numbers)
    }
    object.tellFault("heal", ends.shown)
    return 0
  }

  // MARK: What goes through

  private static func counters(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let tables = object.ports.map { port in
      let counters = object.network.ethernet.counters(of: port.port.number)
      return (key: port.name, value: Value.table(Table(counters)))
    }
    return call.results(.table(Table(fields: tables)))
  }

  private static func inject(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    guard let frame = call.bytes(2) else {
      throw .usage("inject wants a frame as a string, got \(try call.value(2).shown)")
    }
    guard (EthernetFrame.minimum...EthernetFrame.maximum).contains(frame.count) else {
      throw .usage(
        "a frame has from \(EthernetFrame.minimum) to \(EthernetFrame.maximum) bytes, not"
          + " \(frame.count)")
    }
    let fields = try Fields(call, 3, of: "inject", known: ["from"])
    var port = try object.ownPort()
    if fields.isGiven("from") {
      port = try object.member(fields.table["from"], "inject: field 'from'").ports[0]
    }
    object.network.ethernet.inject(frame, at: port.port.number)
    return 0
  }
}

extension Table {
  init(_ counters: PortCounters) {
    self.init(
      counts: [
        ("received", counters.received), ("received_bytes", counters.receivedBytes),
        ("sent", counters.sent), ("sent_bytes", counters.sentBytes),
        ("overflowed", counters.overflowed), ("invalid", counters.invalid),
      ])
  }

  init(counts: [(String, UInt64)]) {
    self.init(fields: counts.map { ($0, .integer(Int64(truncatingIfNeeded: $1))) })
  }
}
