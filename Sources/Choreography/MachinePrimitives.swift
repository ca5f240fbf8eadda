import Events
import Machines
import Record
import Scripting

/// `qemu {}` and `microvm {}`: start a machine and return.
enum MachinePrimitives {
  static func make(_ call: Call, _ run: Run, _ kind: MachineSpecification.Kind) throws(ScriptError)
    -> Int
  {
    let what = kind == .pc ? "qemu" : "microvm"
    guard !call.isAbsent(1) else { throw .usage("\(what) wants a table, as in \(what) {}") }
    var reader = try MachineFields(call, run, kind, what: what)
    let fields = reader.fields
    let accelerator = try accelerator(fields)
    let tags = try tags(fields)
    let mayExit = try fields.boolean("may_exit") ?? false
    let isStarted = try fields.boolean("start") ?? true
    let host = try host(run, accelerator, reader.specification)
    try reader.completeBoot(host)
    reader.specification.absentFiles = run.inventory?.absentFiles ?? []
    let specification = reader.specification
    if let limit = run.options.memory, specification.memory > limit {
      throw ScriptError(
        .memory,
        "machine '\(specification.name)' wants \(HostMemory.shown(specification.memory)) of memory, and"
          + " --memory allows \(HostMemory.shown(limit)): give it less, or allow more",
        machine: specification.name)
    }
    let scratch = run.isRehearsal ? nil : try run.volatileDirectory().path
    let machine: Machine
    let timeline = run.isRehearsal ? nil : run.record.timeline
    do {
      let directory = run.isRehearsal ? nil : try run.record.directory(for: specification.name)
      machine = try Supervisor.sync {
        let machine = try Machine(
          specification, host: host, directory: directory, temporaryDirectory: scratch,
          timeline: timeline)
        if !machine.isRehearsal { Ending.shared.own(machine) }
        return machine
      }
    } catch let error as MachineError {
      throw ScriptError(error)
    } catch let error as RecordError {
      throw ScriptError(.missing, error.message)
    } catch {
      throw ScriptError(.launch, "\(error)")
    }
    let object = MachineObject(
      run, machine, place: call.place, mayExit: mayExit, tags: tags,
      isDefaultGuest: reader.bootsDefaultGuest, isDeliverySole: reader.isDeliverySole,
      serialConsole: reader.console)
    object.guestCommandLine = reader.guestCommandLine
    object.forbid(reader.forbiddenPatterns)
    object.ports = specification.ports
    for port in reader.networkPorts { port.machines.append(object) }
    // What nobody asked for is seldom used.
    object.declaredMemory =
      fields.isGiven("memory")
      ? specification.memory : min(specification.memory, HostRoom.undeclaredMemory)
    run.add(object)
    if isStarted { try object.start() }
    return call.results(.object(object))
  }

  /// KVM runs guests of the host's own processors only.
  private static func host(
    _ run: Run, _ choice: HostCapabilities.Choice, _ specification: MachineSpecification
  ) throws(ScriptError) -> HostCapabilities {
    let architecture = specification.architecture
    let isNative =
      architecture == .host || (architecture.isX86 && Architecture.host.isX86)
    if isNative || choice == .tcg { return try run.host(choice) }
    guard choice == .auto, run.options.accelerator != .kvm else {
      throw .usage(
        "accel = \"kvm\": '\(specification.binary)' emulates \(architecture.name), and KVM on this"
          + " host runs \(Architecture.host.name) alone; use accel = \"tcg\"")
    }
    return try run.host(.tcg)
  }

  private static func accelerator(_ fields: Fields) throws(ScriptError) -> HostCapabilities.Choice {
    guard let name = try fields.string("accel") else { return .auto }
    guard let choice = HostCapabilities.Choice(rawValue: name) else {
      throw fields.wrong("accel", "\"auto\", \"kvm\" or \"tcg\"")
    }
    return choice
  }

  private static func tags(_ fields: Fields) throws(ScriptError) -> [String] {
    var tags: [String] = []
    for value in try fields.table("tags")?.positions ?? [] {
      guard case .string = value, let tag = value.text else {
        throw fields.wrong("tags", "a list of strings")
      }
      tags.append(tag)
    }
    return tags
  }

  /// `qemu.option { … }`: the option as QEMU gets it.
  static func option(_ call: Call) throws(ScriptError) -> Int {
    guard case .table(let table) = try call.value(1) else {
      throw .usage("qemu.option wants an option table, got \(call.typeName(1))")
    }
    return call.results(.string(try OptionTable(table).encoded().description))
  }
}
