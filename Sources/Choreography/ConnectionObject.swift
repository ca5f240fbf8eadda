import Events
import Machines
import Scripting

/// `ports:dial(80)`: a connection to a guest's port.
final class ConnectionObject: StreamObject {
  static let typeName = "connection"

  private let run: Run
  private let connection: Connection
  private let name: String

  private init(_ run: Run, _ connection: Connection, _ name: String) {
    self.run = run
    self.connection = connection
    self.name = name
  }

  static func dial(_ call: Call, _ map: PortMapObject) throws(ScriptError) -> Int {
    guard let number = call.number(2), let guest = UInt16(exactly: number),
      let mapping = map.ports.mappings.first(where: { $0.guest == guest && $0.transport == .tcp })
    else {
      let mapped = map.ports.mappings.filter { $0.transport == .tcp }.map { String($0.guest) }
      throw .usage(
        "dial wants a mapped TCP port of the guest, got \(try call.value(2).shown); mapped:"
          + " \(mapped.joined(separator: ", "))")
    }
    let options = try Fields(call, 3, of: "dial", known: ["timeout"])
    let timeout = try options.seconds("timeout") ?? map.run.defaultTimeout
    let address = mapping.bind == "0.0.0.0" ? "127.0.0.1" : mapping.bind
    let run = map.run
    return try call.wait(
      Operation<Connection>("a connection to port \(guest)", of: nil, timeout: timeout) {
        () throws(MachineError) in
        try await Connection.open(to: address, mapping.host, until: .after(timeout))
      } push: { call, connection in
        call.results(.object(ConnectionObject(run, connection, "connection to port \(guest)")))
      })
  }

  var shown: String { name }

  static var methods: [String: NativeFunction] {
    let own: [String: NativeFunction] = [
      "close": { call throws(ScriptError) in try (call.object(1) as! Self).close(call) }
    ]
    return own.merging(streamMethods) { own, _ in own }
  }

  func close(_ call: Call) throws(ScriptError) -> Int {
    let connection = connection
    Supervisor.sync { connection.close() }
    return 0
  }

  var source: StreamSource {
    let connection = connection
    return StreamSource(
      run: run, shown: name, readable: connection.readable,
      read: { limit throws(ScriptError) in
        try StreamSource.ask { () throws(MachineError) in try connection.read(limit) }
      },
      line: { () throws(ScriptError) in
        try StreamSource.ask { () throws(MachineError) in try connection.readLine() }
      },
      hasEnded: { Supervisor.sync { connection.hasEnded } },
      write: { bytes throws(ScriptError) in
        try StreamSource.ask { () throws(MachineError) in try connection.write(bytes) }
      })
  }
}
