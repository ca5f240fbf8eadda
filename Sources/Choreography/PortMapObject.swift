import Events
import Machines
import Scripting

/// `portmap { 22, 80, [443] = 8443 }`.
final class PortMapObject: ScriptObject {
  static let typeName = "portmap"

  unowned let run: Run
  let ports: PortMap

  private init(_ run: Run, _ ports: PortMap) {
    self.run = run
    self.ports = ports
  }

  /// With `isIdentity`, a guest port without a host port gets its own number.
  static func make(_ call: Call, _ run: Run, isIdentity: Bool) throws(ScriptError) -> Int {
    let what = isIdentity ? "portmap.identity" : "portmap"
    guard case .table(let table) = try call.value(1) else {
      throw .usage(
        "\(what) wants a table of guest ports, such as { 22, 80 }, got \(call.typeName(1))")
    }
    if let (key, _) = table.fields.first {
      throw .usage("\(what) has no field '\(key)'; it wants guest ports, or [guest] = host")
    }
    var requests: [PortMap.Request] = []
    for value in table.positions { requests.append(try request(value, what, isIdentity)) }
    for (guest, host) in table.entries {
      var request = PortMap.Request(guest: try port(.integer(guest), what))
      request.host = try port(host, what)
      requests.append(request)
    }
    guard !requests.isEmpty else { throw .usage("\(what) wants at least one guest port") }
    do throws(MachineError) {
      let (all, isRehearsal) = (requests, run.isRehearsal)
      let ports = try Supervisor.sync { () throws(MachineError) in
        try PortMap(all, isRehearsal: isRehearsal)
      }
      run.inventory?.portMaps.append(ports)
      return call.results(.object(PortMapObject(run, ports)))
    } catch {
      throw ScriptError(error)
    }
  }

  private static func request(_ value: Value, _ what: String, _ isIdentity: Bool)
    throws(ScriptError) -> PortMap.Request
  {
    guard case .table(let table) = value else {
      var request = PortMap.Request(guest: try port(value, what))
      if isIdentity { request.host = request.guest }
      return request
    }
    let fields = try Fields(table, of: what, known: ["guest", "host", "protocol", "bind"])
    var request = PortMap.Request(guest: try port(table["guest"], what))
    request.host = fields.isGiven("host") ? try port(table["host"], what) : nil
    if isIdentity && request.host == nil { request.host = request.guest }
    if let name = try fields.string("protocol") {
      guard let transport = PortMap.Transport(rawValue: name) else {
        throw fields.wrong("protocol", "\"tcp\" or \"udp\"")
      }
      request.transport = transport
    }
    if let bind = try fields.string("bind") { request.bind = bind }
    return request
  }

  private static func port(_ value: Value, _ what: String) throws(ScriptError) -> UInt16 {
    guard case .integer(let number) = value, let port = UInt16(exactly: number), port > 0 else {
      throw .usage("\(what): a port is a whole number from 1 to 65535, got \(value.shown)")
    }
    return port
  }

  func close(_ call: Call) throws(ScriptError) -> Int {
    let ports = ports
    Supervisor.sync { ports.end() }
    return 0
  }

  var shown: String { "portmap \(ports.forwards().joined(separator: " "))" }

  /// `ports[80]`: the host's port.
  func field(_ key: Value) -> Value? {
    guard case .integer(let number) = key, let guest = UInt16(exactly: number) else { return nil }
    return ports[guest].map { .integer(Int64($0)) } ?? .nil
  }

  static var metamethods: [String: NativeFunction] {
    [
      "__pairs": { call in
        var table = Table()
        for mapping in of(call).ports.mappings.reversed() {
          table.entries.append((Int64(mapping.guest), .integer(Int64(mapping.host))))
        }
        call.pushGlobal("next")
        return 1 + call.results(.table(table), .nil)
      }
    ]
  }

  static var methods: [String: NativeFunction] {
    [
      "forwards": { call in
        call.results(.table(Table(positions: of(call).ports.forwards().map { .string($0) })))
      },
      "dial": { call throws(ScriptError) in
        let map = of(call)
        return try map.whenStarted(call, try call.timeout(3)) { call throws(ScriptError) in
          try ConnectionObject.dial(call, map)
        }
      },
      "grpc": { call throws(ScriptError) in try GRPCClientObject.make(call, of(call)) },
    ]
  }

  /// The mapping of the guest's TCP port that is the first argument of method `what`.
  func target(_ call: Call, _ what: String) throws(ScriptError) -> PortMap.Mapping {
    let mapped = ports.mappings.filter { $0.transport == .tcp }
    guard let number = call.number(2), let guest = UInt16(exactly: number),
      let mapping = mapped.first(where: { $0.guest == guest })
    else {
      let list = mapped.map { String($0.guest) }.joined(separator: ", ")
      throw .usage(
        "\(what) wants a mapped TCP port of the guest, got \(try call.value(2).shown); mapped:"
          + " \(list)")
    }
    return mapping
  }

  /// Makes the call, after the start of the machine with these ports if that waits for room. The call's
  /// `timeout`, in seconds, is for both.
  func whenStarted(
    _ call: Call, _ timeout: Double?, _ method: @escaping NativeFunction
  ) throws(ScriptError) -> Int {
    let owner = run.machines.first { $0.isPending && $0.ports === ports }
    guard let wait = owner?.startWait(timeout, then: method) else { return try method(call) }
    return try call.wait(wait)
  }

  /// The machine that has the ports, or had them last; nil if none was started with them.
  var machine: MachineObject? {
    let owners = run.machines.filter {
      $0.ports === ports && $0.machine.bootCount.value ?? 0 > 0
    }
    return owners.last { $0.machine.exited.value == nil } ?? owners.last
  }

  private static func of(_ call: Call) -> PortMapObject { call.object(1) as! PortMapObject }
}
