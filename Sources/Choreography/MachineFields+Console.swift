import Events
import Machines
import Scripting

/// Where the console goes, and what it may not show.
extension MachineFields {
  /// What the kernel of the default guest prints when it has gone wrong, in its own form: with the
  /// clock before it, so that no program's text looks the same.
  private static let kernelComplaints = ["] BUG: ", "] Oops: ", "] kernel BUG at "]

  mutating func readSerial() throws(ScriptError) {
    let wanted = "a cable's end, { file = \"path\" }, or { terminal = true, interactive = true }"
    switch fields.table["serial"] {
    case .nil: return
    case .object(let object as CableEndObject): specification.serial = .cable(object.end)
    case .table(let table):
      let own = try Fields(
        table, of: "\(fields.what): serial", known: ["file", "terminal", "interactive"])
      let isInteractive = try own.boolean("interactive") ?? false
      let isTerminal = try own.boolean("terminal") ?? false
      let path = try own.string("file")
      guard isTerminal != (path != nil), isTerminal || !isInteractive else {
        throw fields.wrong("serial", wanted)
      }
      if let path {
        specification.serial = .sink(SerialFile(path: path))
      } else {
        let offer = run.options.offer
        specification.serial = .sink(
          Supervisor.sync { TerminalConsole(offer: offer, isInteractive: isInteractive) })
      }
    default: throw fields.wrong("serial", wanted)
    }
  }

  /// Texts are looked for as they come; patterns by the script's thread, which has Lua.
  mutating func readForbidden() throws(ScriptError) {
    let what = "\(fields.what): forbid"
    var values: [Value] = []
    switch fields.table["forbid"] {
    case .nil: break
    case .boolean(false): return
    case .table(let table) where table.fields.isEmpty && table.entries.isEmpty:
      values = table.positions
    case let value: values = [value]
    }
    for value in values {
      let text = try ConsoleText(value, of: what)
      if text.isPattern {
        forbiddenPatterns.append(text)
      } else {
        specification.forbidden.append(text.bytes)
      }
    }
    if bootsDefaultGuest {
      specification.forbidden += Self.kernelComplaints.map { Array($0.utf8) }
    }
  }
}
