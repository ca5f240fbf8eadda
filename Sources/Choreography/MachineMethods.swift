import Events
import Glibc
import Guests
import Machines
import Processes
import Scripting

/// What scripts can say to a machine, but for commands in the guest.
extension MachineObject {
  static var methods: [String: NativeFunction] { whenStarted(calls) }

  private static var calls: [String: NativeFunction] {
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
      "output": OutputEvent.make, "expect": OutputEvent.expect,
      "port": { call throws(ScriptError) in try PortEvent.make(call, Self.of(call)) },
      "unit": { call throws(ScriptError) in try UnitEvent.make(call, Self.of(call)) },
      "event": Self.event, "screenshot": Self.screenshot,
      "send": Self.send, "press": Self.press, "qmp": Self.qmp, "start": Self.start,
      "kill": Self.kill, "shutdown": Self.shutdown, "reset": Self.reset, "reboot": Self.reboot,
      "pause": Self.operation("the machine to pause") { machine, deadline throws(MachineError) in
        try await machine.pause(until: deadline)
      },
      "resume": Self.operation("the machine to go on") { machine, deadline throws(MachineError) in
        try await machine.resume(until: deadline)
      },
      "freeze": Self.operation("the machine to freeze") { machine, _ in machine.freeze() },
      "thaw": Self.operation("the machine to thaw") { machine, _ in machine.thaw() },
      "attach": AttachWait.attach, "sh": Self.sh, "fails": Self.fails, "exec": Self.exec,
      "spawn": GuestProcessObject.spawn,
      "read": Self.read, "write": Self.write, "put": Self.put, "get": Self.get,
    ]
  }

  static func of(_ call: Call) -> MachineObject { call.object(1) as! MachineObject }

  private static func operation(
    _ purpose: String,
    _ body:
      @escaping @Supervisor @Sendable (Machine, Deadline) async throws(MachineError) -> Void
  ) -> NativeFunction {
    { call throws(ScriptError) in
      let object = of(call)
      let machine = object.machine
      try object.demandStarted()
      return try call.wait(
        Operation<Void>(object.run, purpose, of: object) { deadline throws(MachineError) in
          try await body(machine, deadline)
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

  /// `send("text", { "key", … }, …)`: strings are text, tables name keys.
  private static func send(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let bytes = try ConsoleKeys.bytes(call, from: 2)
    try object.demandStarted()
    let console = object.machine.console
    do throws(MachineError) {
      try Supervisor.sync { () throws(MachineError) in try console.send(bytes) }
    } catch {
      throw object.explained(error)
    }
    return 0
  }

  // MARK: Starts and ends

  private static func start(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let fields = try Fields(call, 2, of: "start", known: ["kernel", "initramfs", "cmdline"])
    var changes = Machine.Changes()
    changes.kernel = try fields.string("kernel")
    changes.initramfs = try fields.string("initramfs")
    changes.cmdline = try fields.string("cmdline")
    if object.isPending {
      throw .usage("machine '\(object.name)' waits for its start already")
    }
    if object.machine.bootCount.value ?? 0 > 0, object.machine.exited.value == nil {
      throw .usage("machine '\(object.name)' runs already; end it first, or use reboot")
    }
    if let place = call.place { object.place = place }
    try object.start(changes)
    return 0
  }

  static func kill(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    object.isEndClaimed = true
    object.giveUpStart()
    let machine = object.machine
    return try call.wait(
      Operation<Void>(object.run, "the end", of: object) { _ in await machine.kill() })
  }

  private static func shutdown(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let fields = try Fields(call, 2, of: "shutdown", known: ["timeout"])
    try object.demandStarted()
    let timeout = try fields.seconds("timeout")
    let (machine, agent, delivery) = (object.machine, object.agent, object.delivery)
    return try call.wait(
      Operation<MachineExit>(
        object.run, "machine '\(object.name)' to shut down", of: object, timeout: timeout
      ) { deadline throws(MachineError) in
        machine.expectEnd()
        if let agent, agent.ready.value != nil {
          _ = agent.power(.poweroff)
        } else if await delivery?.powerOff() != true {
          try await machine.pressPowerButton(until: deadline)
        }
        guard let exit = await machine.exited.wait(until: deadline) else {
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
    return try call.wait(
      Operation<Void>(object.run, "the reset", of: object) { deadline throws(MachineError) in
        try await machine.reset(until: deadline)
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
    let timeout = try fields.seconds("timeout")
    return try call.wait(
      Operation<Void>(
        object.run, "machine '\(object.name)' to reboot", of: object, timeout: timeout
      ) { deadline throws(MachineError) in
        guard let old = await agent.ready.wait(until: deadline) else { return }
        let boots = machine.bootCount.value ?? 0
        let allowed = machine.specification.allowsReboot
        if !allowed { try await machine.setReboots(allowed: true, until: deadline) }
        _ = agent.power(.reboot)
        let refusal = await agent.nextBoot(after: old, until: deadline) {
          machine.bootCount.value ?? 0 > boots
        }
        if !allowed { try await machine.setReboots(allowed: false) }
        if let refusal { throw MachineError(.agent, refusal.message, machine: machine.name) }
      })
  }
}
