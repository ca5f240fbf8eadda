import Events
import Machines
import Scripting

/// `socketpair()`: two ends of a cable.
final class CableEndObject: StreamObject {
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
    let fields = try Fields(call, 1, of: "socketpair", known: ["name", "carries"])
    let carries = try fields.string("carries")
    let kind = carries.flatMap { Cable.Kind(rawValue: $0) }
    if carries != nil && kind == nil { throw fields.wrong("carries", "\"frames\" or \"bytes\"") }
    let name = run.uniqueName(try fields.string("name") ?? "cable")
    let cable: Cable
    do throws(MachineError) {
      cable = try Supervisor.sync { () throws(MachineError) in
        let cable = Cable(name: name)
        if let kind { try cable.left.settle(kind) }
        return cable
      }
    } catch {
      throw ScriptError(error)
    }
    run.inventory?.cables.append(cable)
    return call.results(
      .object(CableEndObject(run, cable, cable.left)),
      .object(CableEndObject(run, cable, cable.right)))
  }

  var shown: String { "cable end '\(end.label)'" }

  static var methods: [String: NativeFunction] {
    let own: [String: NativeFunction] = [
      "unplug": carrier("unplug", "unplugged") { end throws(MachineError) in try await end.unplug()
      },
      "plug": carrier("plug", "plugged in") { end throws(MachineError) in try await end.plug() },
    ]
    return own.merging(streamMethods) { own, _ in own }
  }

  private static func of(_ call: Call) -> CableEndObject { call.object(1) as! CableEndObject }

  private static func carrier(
    _ fault: String, _ state: String,
    _ body: @escaping @Supervisor @Sendable (CableEnd) async throws(MachineError) -> Void
  ) -> NativeFunction {
    { call throws(ScriptError) in
      let object = of(call)
      let end = object.end
      object.run.witness.tellFault(end.label, fault, state)
      return try call.wait(
        Operation<Void>(object.run, "cable end '\(end.label)' to be \(state)", isInside: true) {
          _ throws(MachineError) in
          try await body(end)
        })
    }
  }

  var source: StreamSource {
    let end = end
    return StreamSource(
      run: run, shown: shown, inbox: end.inbox, outbox: end.outbox,
      write: { bytes throws(MachineError) in
        try Supervisor.sync { () throws(MachineError) in try end.write(bytes) }
      })
  }
}
