import Events
import Glibc
import Guests
import Machines
import Processes
import Scripting

/// What scripts can say to a machine, but for commands in the guest.
extension MachineObject {
  static var methods: [String: NativeFunction] {
    [
      "args": { call in
        let machine = Self.of(call).machine
        let arguments = Supervisor.sync { machine.arguments.map(\.description) }
        return call.results(.table(Table(positions: arguments.map { .string($0) })))
      },
      "command": { call in
        let machine = Self.of(call).machine
        return call.results(.string(Supervisor.sync { machine.standaloneCommand }))
      },
      "ready": { call in call.results(.object(ReadyEvent(Self.of(call)))) },
      "exited": { call in call.results(.object(ExitedEvent(Self.of(call)))) },
      "output": { call throws(ScriptError) in
        let text = try ConsoleText(call, 2, of: "output")
        return call.results(.object(OutputEvent(Self.of(call), text)))
      },
      "event": { call throws(ScriptError) in
        guard let name = call.text(2) else { throw .usage("event wants a QMP event's name") }
        return call.results(.object(QMPEventWait(Self.of(call), name: name)))
      },
      "expect": Self.expect, "send": Self.send, "qmp": Self.qmp, "start": Self.start,
      "kill": Self.kill, "shutdown": Self.shutdown, "reset": Self.reset, "reboot": Self.reboot,
      "pause": Self.operation("the machine to pause") { machine throws(MachineError) in
        try await machine.pause()
      },
      "resume": Self.operation("the machine to go on") { machine throws(MachineError) in
        try await machine.resume()
      },
      "freeze": Self.operation("the machine to freeze") { machine in machine.freeze() },
      "thaw": Self.operation("the machine to thaw") { machine in machine.thaw() },
      "sh": Self.sh, "fails": Self.fails, "exec": Self.exec,
      "read": Self.read, "write": Self.write, "put": Self.put, "get": Self.get,
    ]
  }

  static func of(_ call: Call) -> MachineObject { call.object(1) as! MachineObject }

  private static func operation(
    _ purpose: String,
    _ body: @escaping @Supervisor @Sendable (Machine) async throws(MachineError) -> Void
  ) -> NativeFunction {
    { call throws(ScriptError) in
      let object = of(call)
      let machine = object.machine
      try object.demandStarted()
      return try call.wait(
        Operation<Void>(purpose, of: object, timeout: object.run.defaultTimeout) {
          () throws(MachineError) in
          try await body(machine)
        })
    }
  }

  func demandStarted() throws(ScriptError) {
    if let error = machine.exited.value.map({ $0.error(machine: name) }) {
      throw ScriptError(
        .exited, "\(error.message); start it again with \(name):start()", machine: name)
    }
    guard machine.bootCount.value ?? 0 > 0 else {
      throw ScriptError(
        .usage, "machine '\(name)' was not started yet; call \(name):start()", machine: name)
    }
  }

  // MARK: Console

  private static func expect(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let text = try ConsoleText(call, 2, of: "expect")
    let options = try Fields(call, 3, of: "expect", known: ["timeout"])
    let event = OutputEvent(object, text, cursor: object.console)
    return try call.wait(
      EventWait(
        object.run, [EventWait.Item(key: .nil, event: event)], .one,
        timeout: try options.seconds("timeout")))
  }

  private static func send(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    guard let bytes = call.bytes(2) else {
      throw .usage("send wants the text to type, got \(call.typeName(2))")
    }
    try object.demandStarted()
    let console = object.machine.console
    do throws(MachineError) {
      try Supervisor.sync { () throws(MachineError) in try console.send(bytes) }
    } catch {
      throw object.explained(error)
    }
    return 0
  }

  // MARK: QMP

  private static func qmp(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    guard let command = call.text(2) else {
      throw .usage("qmp wants a command's name, such as \"query-status\", got \(call.typeName(2))")
    }
    var arguments: JSON?
    if !call.isAbsent(3) {
      guard case .table(let table) = try call.value(3) else {
        throw .usage("qmp wants its arguments in a table, got \(call.typeName(3))")
      }
      arguments = table.isEmpty ? .object([]) : try JSON(Scripting.Value.table(table))
    }
    try object.demandStarted()
    let machine = object.machine
    let timeout = object.run.defaultTimeout
    return try call.wait(
      Operation<JSON>("QMP command \(command)", of: object, timeout: timeout) {
        () throws(MachineError) in
        try await machine.qmp(command, arguments, until: .after(timeout))
      } push: { call, json in
        call.results(Value(json))
      })
  }

  // MARK: Starts and ends

  private static func start(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let fields = try Fields(call, 2, of: "start", known: ["kernel", "initramfs", "cmdline"])
    var changes = Machine.Changes()
    changes.kernel = try fields.string("kernel")
    changes.initramfs = try fields.string("initramfs")
    changes.cmdline = try fields.string("cmdline")
    if object.machine.bootCount.value ?? 0 > 0, object.machine.exited.value == nil {
      throw .usage("machine '\(object.name)' runs already; end it first, or use reboot")
    }
    try object.start(changes)
    return 0
  }

  static func kill(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    object.isEndClaimed = true
    let machine = object.machine
    return try call.wait(
      Operation<Void>("the end", of: object, timeout: object.run.defaultTimeout) {
        await machine.kill()
      })
  }

  private static func shutdown(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let fields = try Fields(call, 2, of: "shutdown", known: ["timeout"])
    try object.demandStarted()
    let timeout = try fields.seconds("timeout") ?? object.run.defaultTimeout
    let (machine, agent, delivery) = (object.machine, object.agent, object.delivery)
    return try call.wait(
      Operation<MachineExit>(
        "machine '\(object.name)' to shut down", of: object, timeout: timeout
      ) { () throws(MachineError) in
        machine.expectEnd()
        if let agent, agent.ready.value != nil {
          _ = agent.power(.poweroff)
        } else if await delivery?.powerOff() != true {
          try await machine.pressPowerButton()
        }
        guard let exit = await machine.exited.wait() else {
          throw MachineError(.timeout, "the machine does not end", machine: machine.name)
        }
        return exit
      } push: { call, exit throws(ScriptError) in
        object.isEndClaimed = true
        guard exit.isGood else { throw object.explained(exit.error(machine: object.name)) }
        return call.results(.table(Table(exit: exit)))
      })
  }

  private static func reset(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    try object.demandStarted()
    let machine = object.machine
    let timeout = object.run.defaultTimeout
    return try call.wait(
      Operation<Void>("the reset", of: object, timeout: timeout) { () throws(MachineError) in
        try await machine.reset(until: .after(timeout))
      })
  }

  /// Through the guest; returns when the new boot's agent answers.
  private static func reboot(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let fields = try Fields(call, 2, of: "reboot", known: ["timeout"])
    try object.demandStarted()
    guard let agent = object.agent else {
      throw ScriptError(
        .agent, "machine '\(object.name)' has no agent to reboot it; use reset()",
        machine: object.name)
    }
    let machine = object.machine
    let timeout = try fields.seconds("timeout") ?? object.run.defaultTimeout
    return try call.wait(
      Operation<Void>("machine '\(object.name)' to reboot", of: object, timeout: timeout) {
        () throws(MachineError) in
        guard let old = await agent.ready.wait(until: .after(timeout)) else { return }
        let allowed = machine.specification.allowsReboot
        if !allowed { try await machine.setReboots(allowed: true) }
        _ = agent.power(.reboot)
        let change = Event<Bool>()
        let subscriptions = [agent.ready, agent.barred].map { (event: any Waking) in
          event.subscribe { change.set(true) }
        }
        while agent.ready.value?.session == old.session || agent.ready.value == nil {
          change.clear()
          if let ready = agent.ready.value, ready.session != old.session { break }
          if let error = agent.barred.value {
            throw MachineError(.agent, error.message, machine: machine.name)
          }
          guard await change.wait(until: .after(timeout)) != nil else { break }
        }
        for subscription in subscriptions { subscription.cancel() }
        if !allowed { try await machine.setReboots(allowed: false) }
      })
  }
}
