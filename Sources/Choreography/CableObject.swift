import Events
import Machines
import Scripting

/// `socketpair()`: two ends of a cable.
final class CableEndObject: ScriptObject {
  static let typeName = "cable end"

  unowned let run: Run
  let end: CableEnd
  /// Keeps the cable, and with it the other end, alive.
  private let cable: Cable

  init(_ run: Run, _ cable: Cable, _ end: CableEnd) {
    self.run = run
    self.cable = cable
    self.end = end
  }

  static func make(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let fields = try Fields(call, 1, of: "socketpair", known: ["name"])
    let name = run.uniqueName(try fields.string("name") ?? "cable")
    let cable = Supervisor.sync { Cable(name: name) }
    return call.results(
      .object(CableEndObject(run, cable, cable.left)),
      .object(CableEndObject(run, cable, cable.right)))
  }

  var shown: String { "cable end '\(end.label)'" }

  static var methods: [String: NativeFunction] {
    [
      "unplug": carrier("unplugged") { end throws(MachineError) in try await end.unplug() },
      "plug": carrier("plugged in") { end throws(MachineError) in try await end.plug() },
      "write": write, "read": read,
      "lines": { call in call.results(.object(LineReader(StreamWait.source(of(call))))) },
    ]
  }

  private static func of(_ call: Call) -> CableEndObject { call.object(1) as! CableEndObject }

  private static func carrier(
    _ state: String,
    _ body: @escaping @Supervisor @Sendable (CableEnd) async throws(MachineError) -> Void
  ) -> NativeFunction {
    { call throws(ScriptError) in
      let object = of(call)
      let end = object.end
      return try call.wait(
        Operation<Void>(
          "cable end '\(end.label)' to be \(state)", of: nil, timeout: object.run.defaultTimeout
        ) { () throws(MachineError) in
          try await body(end)
        } push: { _, _ in
          0
        })
    }
  }

  private static func write(_ call: Call) throws(ScriptError) -> Int {
    guard let bytes = call.bytes(2) else {
      throw .usage("write wants a string, got \(call.typeName(2))")
    }
    try StreamWait.source(of(call)).write(bytes)
    return 0
  }

  private static func read(_ call: Call) throws(ScriptError) -> Int {
    try StreamWait.read(call, StreamWait.source(of(call)), run: of(call).run)
  }
}
