import Events
import Machines
import Scripting

/// `ports:dial(80)`: a connection to a guest's port.
final class ConnectionObject: StreamObject {
  static let typeName = "connection"

  private let run: Run
  private let connection: Connection

  private init(_ run: Run, _ connection: Connection) {
    self.run = run
    self.connection = connection
  }

  static func dial(_ call: Call, _ map: PortMapObject) throws(ScriptError) -> Int {
    let mapping = try mapping(call, map.ports)
    let options = try Fields(call, 3, of: "dial", known: ["timeout"])
    let (run, ports) = (map.run, map.ports)
    let machines = run.machines.map(\.machine)
    return try call.wait(
      Operation<Connection>(
        run, "a connection to port \(mapping.guest)", timeout: try options.seconds("timeout")
      ) { deadline throws(MachineError) in
        guard let machine = Machine.holder(of: ports, among: machines) else {
          throw MachineError(
            .connection,
            "no running machine has the port map that leads to port \(mapping.guest): start one"
              + " with ports = …")
        }
        return try await machine.dial(mapping, until: deadline)
      } push: { call, connection in
        call.results(.object(ConnectionObject(run, connection)))
      })
  }

  private static func mapping(
    _ call: Call, _ ports: PortMap
  ) throws(ScriptError) -> PortMap.Mapping {
    let given = call.number(2).flatMap { UInt16(exactly: $0) }
    let mappings = ports.mappings.filter { $0.guest == given }
    if let mapping = mappings.first(where: { $0.transport == .tcp }) { return mapping }
    if let other = mappings.first {
      throw .usage(
        "dial connects by TCP, and port \(other.guest) is mapped for UDP: send datagrams to"
          + " \(other.bind):\(other.host) with a library, such as LuaSocket")
    }
    let mapped = ports.mappings.filter { $0.transport == .tcp }.map { String($0.guest) }
    throw .usage(
      "dial wants a mapped TCP port of the guest, got \(try call.value(2).shown); mapped:"
        + " \(mapped.isEmpty ? "none" : mapped.joined(separator: ", "))")
  }

  var shown: String { connection.name.text }

  static var methods: [String: NativeFunction] {
    let own: [String: NativeFunction] = [
      "close": { call throws(ScriptError) in try of(call).close(call) },
      "shutdown": { call throws(ScriptError) in
        guard call.isAbsent(2) || call.text(2) == "write" else {
          throw .usage(
            "shutdown ends writing, as in shutdown \"write\", got \(try call.value(2).shown);"
              + " close() ends both directions")
        }
        let connection = of(call).connection
        do throws(MachineError) {
          try Supervisor.sync { () throws(MachineError) in try connection.shut() }
        } catch {
          throw ScriptError(error)
        }
        return 0
      },
    ]
    return own.merging(streamMethods) { own, _ in own }
  }

  private static func of(_ call: Call) -> ConnectionObject { call.object(1) as! ConnectionObject }

  func close(_ call: Call) throws(ScriptError) -> Int {
    let connection = connection
    Supervisor.sync { connection.close() }
    return 0
  }

  var source: StreamSource {
    let connection = connection
    return StreamSource(
      run: run, shown: "the \(connection.name.text)", inbox: connection.inbox,
      outbox: connection.outbox,
      write: { bytes throws(MachineError) in try connection.write(bytes) })
  }
}
