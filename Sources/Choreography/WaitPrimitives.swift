import Events
import Scripting

/// `wait`, `wait.any`, `wait.all`; `wait.eventually` is in stdlib/internal/prelude.lua.
enum WaitPrimitives {
  static func one(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    guard !call.isAbsent(1) else {
      throw .usage("wait wants something to wait for: seconds, or an event such as vm:ready()")
    }
    let event = try event(try call.value(1), "wait")
    return try start(call, run, [EventWait.Item(key: .nil, event: event)], .one, "wait")
  }

  static func any(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    try start(call, run, try items(call, "wait.any"), .any, "wait.any")
  }

  static func all(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    try start(call, run, try items(call, "wait.all"), .all, "wait.all")
  }

  /// `wait.never(event or events, seconds)`.
  static func never(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let what = "wait.never"
    guard let seconds = call.number(2), seconds >= 0, seconds < .infinity else {
      throw .usage(
        "\(what) wants an event, or a table of them, and for how many seconds none may come, got"
          + " \(try call.value(2).shown) seconds")
    }
    let items: [EventWait.Item]
    if case .table = try call.value(1) {
      items = try self.items(call, what)
    } else {
      items = [EventWait.Item(key: .nil, event: try event(try call.value(1), what))]
    }
    guard call.isAbsent(3) else {
      throw .usage("\(what) has no options: its time is what it waits for")
    }
    return try call.wait(EventWait(run, items, .never, timeout: seconds))
  }

  private static func start(
    _ call: Call, _ run: Run, _ items: [EventWait.Item], _ mode: EventWait.Mode, _ what: String
  ) throws(ScriptError) -> Int {
    var timeout: Double?
    if !call.isAbsent(2) {
      timeout = try Fields(call, 2, of: what, known: ["timeout"]).seconds("timeout")
    }
    return try call.wait(EventWait(run, items, mode, timeout: timeout))
  }

  /// Positions in their order, then names sorted: the order in which ties are decided.
  private static func items(_ call: Call, _ what: String) throws(ScriptError) -> [EventWait.Item] {
    guard case .table(let table) = try call.value(1), !table.isEmpty else {
      throw .usage("\(what) wants a table of events, such as { a:ready(), b:ready() }")
    }
    var items: [EventWait.Item] = []
    for (index, value) in table.positions.enumerated() {
      items.append(.init(key: .integer(Int64(index + 1)), event: try event(value, what)))
    }
    for (name, value) in table.fields {
      items.append(.init(key: .string(name), event: try event(value, what)))
    }
    guard table.entries.isEmpty else { throw .usage("\(what): positions have gaps") }
    return items
  }

  private static func event(_ value: Value, _ what: String) throws(ScriptError) -> any Waitable {
    switch value {
    case .integer(let seconds) where seconds >= 0: return Pause(seconds: Double(seconds))
    case .number(.infinity):
      throw .usage("\(what)(math.huge) would never end; wait for an event, or for fewer seconds")
    case .number(let seconds) where seconds >= 0: return Pause(seconds: seconds)
    case .integer, .number:
      throw .usage("\(what) wants a number of seconds that is not negative, got \(value.shown)")
    case .object(let object):
      if let event = object as? any Waitable { return event }
      let hint =
        object is MachineObject
        ? "; wait for machine:ready() or machine:exited()"
        : object is ProcessObject
          ? "; wait for process:exited() or process:output(text)"
          : object is ChannelObject ? "; wait for channel:receive()" : ""
      throw .usage("\(what) cannot wait for a \(value.typeName)\(hint)")
    default:
      throw .usage("\(what) wants seconds or an event, got \(value.shown)")
    }
  }
}
