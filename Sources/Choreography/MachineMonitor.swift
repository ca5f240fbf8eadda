import Events
import Machines
import Scripting

/// What scripts do through QEMU's monitor.
extension MachineObject {
  /// `qmp(command, arguments, { timeout })`.
  static func qmp(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    guard let command = call.text(2) else {
      throw .usage("qmp wants a command's name, such as \"query-status\", got \(call.typeName(2))")
    }
    var arguments: JSON?
    if !call.isAbsent(3) {
      switch try call.value(3) {
      case .table(let table): arguments = table.isEmpty ? .object([]) : try JSON(.table(table))
      case .object(let object) where object is JSONLiteral: arguments = try JSON(.object(object))
      default: throw .usage("qmp wants its arguments in a table, got \(call.typeName(3))")
      }
    }
    let options = try Fields(call, 4, of: "qmp", known: ["timeout"])
    try object.demandStarted()
    let machine = object.machine
    // QEMU refuses 1e9 where it wants an integer, and for Lua that is a float.
    let whole = arguments?.withWholeNumbers
    return try call.wait(
      Operation<JSON>(
        object.run, "QMP command \(command)", of: object, timeout: try options.seconds("timeout")
      ) { deadline throws(MachineError) in
        try await machine.qmp(command, whole, until: deadline)
      } push: { call, json in
        call.results(Value(json))
      })
  }

  /// `event(name, filter)`.
  static func event(_ call: Call) throws(ScriptError) -> Int {
    guard let name = call.text(2) else {
      throw .usage("event wants a QMP event's name, such as \"RESET\", got \(call.typeName(2))")
    }
    var filter = QMPEventWait.Filter.any
    if call.isFunction(3) {
      filter = .function(LuaFunction(call, 3))
    } else if case .table(let table) = try call.value(3) {
      filter = .data(table.isEmpty ? .object([]) : try JSON(.table(table)))
    } else if !call.isAbsent(3) {
      throw .usage(
        "event wants a table of data to be found in the event, or a function of its data, got"
          + " \(call.typeName(3))")
    }
    return call.results(.object(QMPEventWait(of(call), name: name, filter)))
  }

  /// `press("key", …)`: on the machine's keyboard, one after the other.
  static func press(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    var chords: [JSON] = []
    for index in 2...max(2, call.count) {
      guard let name = call.text(index) else {
        throw .usage("press wants the names of keys, as in \"enter\", got \(call.typeName(index))")
      }
      chords.append(
        .array(
          try ConsoleKeys.codes(name).map { ["type": .string("qcode"), "data": .string($0)] }))
    }
    let machine = object.machine
    guard Supervisor.sync({ machine.specification.kind }) != .microvm else {
      throw ScriptError(
        .usage, "machine '\(object.name)': a microvm has no keyboard; send types on its console",
        machine: object.name)
    }
    try object.demandStarted()
    let keys = chords
    return try call.wait(
      Operation<Void>(object.run, "keys to be pressed", of: object) {
        deadline throws(MachineError) in
        for chord in keys {
          // QEMU queues them: each is held for as long before the next.
          _ = try await machine.qmp(
            "send-key", ["keys": chord, "hold-time": 20], until: deadline)
        }
      })
  }

  /// `screenshot(file)`.
  static func screenshot(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    guard let path = call.text(2), !path.isEmpty else {
      throw .usage("screenshot wants the path of a PNG file, got \(call.typeName(2))")
    }
    let options = try Fields(call, 3, of: "screenshot", known: ["timeout"])
    try object.demandStarted()
    let machine = object.machine
    return try call.wait(
      Operation<Void>(
        object.run, "a screenshot", of: object, timeout: try options.seconds("timeout")
      ) { deadline throws(MachineError) in
        try await machine.screenshot(to: path, until: deadline)
      })
  }
}

extension JSON {
  /// Numbers without a fraction as integers.
  fileprivate var withWholeNumbers: JSON {
    switch self {
    case .number(let number): Int64(exactly: number).map { .integer($0) } ?? self
    case .array(let elements): .array(elements.map(\.withWholeNumbers))
    case .object(let members):
      .object(members.map { Member($0.name, $0.value.withWholeNumbers) })
    default: self
    }
  }
}
