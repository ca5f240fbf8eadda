import Events
import Glibc
import Machines
import Networks
import Processes
import Scripting

/// Puts what a script can say into its interpreter.
enum Primitives {
  static func install(in run: Run) {
    let lua = run.interpreter
    let host: [(String, NativeFunction)] = [
      ("socketpair", { call throws(ScriptError) in try CableEndObject.make(call, run) }),
      (
        "portmap",
        { call throws(ScriptError) in try PortMapObject.make(call, run, isIdentity: false) }
      ),
      (
        "portmap_identity",
        { call throws(ScriptError) in try PortMapObject.make(call, run, isIdentity: true) }
      ),
      ("network", { call throws(ScriptError) in try NetworkObject.make(call, run) }),
      ("disk", { call throws(ScriptError) in try DiskObject.make(call, run) }),
      ("uefi", { call throws(ScriptError) in try UEFIObject.make(call, run) }),
      ("tpm", { call throws(ScriptError) in try TPMObject.make(call, run) }),
      ("qemu", { call throws(ScriptError) in try MachinePrimitives.make(call, run, .pc) }),
      ("guest", { call throws(ScriptError) in try GuestObject.make(call, run) }),
      ("qemu_option", MachinePrimitives.option),
      ("microvm", { call throws(ScriptError) in try MachinePrimitives.make(call, run, .microvm) }),
      ("process", { call throws(ScriptError) in try ProcessPrimitive.make(call, run) }),
      ("wait", { call throws(ScriptError) in try WaitPrimitives.one(call, run) }),
      ("wait_any", { call throws(ScriptError) in try WaitPrimitives.any(call, run) }),
      ("wait_never", { call throws(ScriptError) in try WaitPrimitives.never(call, run) }),
      ("timer", { call throws(ScriptError) in try TimerObject.make(call) }),
      ("signal", { call throws(ScriptError) in try SignalEvent.make(call) }),
      ("channel", { call throws(ScriptError) in try ChannelObject.make(call, run) }),
      ("barrier", { call throws(ScriptError) in try BarrierObject.make(call, run) }),
      ("spawn_as", { call throws(ScriptError) in try TaskObject.spawnAs(call, run) }),
      ("end_tasks", { call throws(ScriptError) in try TasksEnd.end(call, run) }),
      ("wait_all", { call throws(ScriptError) in try WaitPrimitives.all(call, run) }),
      ("spawn", { call throws(ScriptError) in try TaskObject.spawn(call, run) }),
      ("pattern", pattern), ("now", { call in now(call, run) }),
      ("json_encode", jsonEncode), ("json_decode", jsonDecode), ("here", here),
      ("json_null", { call in call.results(.object(JSONLiteral.null)) }),
      ("json_object", JSONLiteral.object), ("fail", fail), ("hint", hint),
      ("annotate", annotate), ("pattern_text", patternText),
      (
        "say",
        { call in
          run.options.say("vmscript: \(call.text(1) ?? "?")")
          return 0
        }
      ),
      ("scratch", { call throws(ScriptError) in try scratch(call, run) }),
      ("rehearse", { call throws(ScriptError) in try rehearse(call, run) }),
      ("remedy", remedy), ("guard", guardFolder), ("cap", { call in cap(call, run) }),
      ("proto_load", { call throws(ScriptError) in try ProtoPrimitives.load(call, run) }),
      ("proto_encode", { call throws(ScriptError) in try ProtoPrimitives.encode(call, run) }),
      ("proto_decode", { call throws(ScriptError) in try ProtoPrimitives.decode(call, run) }),
      ("check_impairment", checkImpairment), ("record", { call in record(call, run) }),
      ("seed", { call in call.results(.integer(Int64(bitPattern: run.seed))) }),
      ("default_timeout", { call in call.results(.number(run.defaultTimeout)) }),
      ("machine_method", machineMethod), ("console_expect", OutputEvent.expectInBoot),
      ("console_length", OutputEvent.length),
      ("members", PromptPrimitives.members), ("machine_fields", PromptPrimitives.machineFields),
      ("case_begin", { call throws(ScriptError) in try run.cases.begin(call) }),
      ("case_failed", { call in run.cases.fail(call) }),
      ("case_note", { call in run.cases.note(call) }),
      ("case_things", { call in run.cases.things(call) }),
      ("case_end_tasks", { call throws(ScriptError) in try run.cases.endTasks(call) }),
      ("case_check", { call throws(ScriptError) in try run.cases.check(call) }),
      ("case_end", { call in run.cases.end(call) }),
      ("token", { call in call.results(.string(run.token())) }),
      (
        "enter_step",
        { call in
          run.enterStep(call.text(1) ?? "?")
          return 0
        }
      ),
      (
        "leave_step",
        { call in
          run.leaveStep(call.failureText(1))
          return 0
        }
      ),
    ]
    lua.pushTable()
    for (name, function) in host { lua.setField(name, function) }
    lua.setScopeFunctions()
    lua.nameTop("vmscript_host")
    for module in EmbeddedStdlib.modules {
      if module.name == "internal.prelude" {
        lua.runOwn("\(module.source)", name: "prelude")
      } else {
        lua.preload(module.name, source: module.source)
      }
    }
    lua.setGlobal("vmscript_host", .nil)
    lua.setField("os", "exit") { call throws(ScriptError) in
      let isTrue = call.isAbsent(1) || call.boolean(1)
      guard let number = call.number(1) else { run.exit(status: isTrue ? 0 : 1) }
      guard let status = Int64(exactly: number) else {
        throw .usage("os.exit wants true, false or a whole number, got \(number)")
      }
      run.exit(status: Int32(truncatingIfNeeded: status))
    }
    lua.setField("os", "execute") { call throws(ScriptError) in try HostCommand.execute(call) }
    lua.setField("io", "popen") { call throws(ScriptError) in try HostCommand.popen(call) }
    SearchPaths.install(in: lua, script: run.options.script)
    var arg = Table()
    arg.positions = run.options.arguments.map { .string($0) }
    arg.entries = [(-1, .string("vmscript")), (0, .string(run.options.script ?? "-"))]
    lua.setGlobal("arg", .table(arg))
  }

  private static func pattern(_ call: Call) throws(ScriptError) -> Int {
    guard let bytes = call.bytes(1), !bytes.isEmpty else {
      throw .usage("pattern wants a Lua pattern, got \(try call.value(1).shown)")
    }
    if let flaw = PatternSyntax.flaw(in: bytes) { throw .usage(flaw) }
    guard let pattern = LuaPattern(bytes) else { throw .usage("malformed pattern") }
    return call.results(.object(PatternObject(pattern)))
  }

  /// `machine_method(name, f)`: a method of machines that is written in Lua.
  private static func machineMethod(_ call: Call) throws(ScriptError) -> Int {
    call.interpreter.addMethod(call.text(1) ?? "", of: MachineObject.self, call, 2)
    return 0
  }

  private static func now(_ call: Call, _ run: Run) -> Int {
    call.push(Instant.now.seconds(since: run.started))
    return 1
  }

  private static func jsonEncode(_ call: Call) throws(ScriptError) -> Int {
    call.results(.string(try JSON(try call.value(1)).encoded))
  }

  private static func jsonDecode(_ call: Call) throws(ScriptError) -> Int {
    guard let bytes = call.bytes(1) else {
      throw .usage("json.decode wants a string, got \(call.typeName(1))")
    }
    do throws(JSONError) {
      return call.results(Value(try JSON.parse(bytes)))
    } catch {
      throw .usage("json.decode: \(error.message) at byte \(error.offset)")
    }
  }

  /// `here "data.img"`: beside the file that calls it.
  private static func here(_ call: Call) throws(ScriptError) -> Int {
    guard let name = call.text(1) else {
      throw .usage("here wants a path, got \(call.typeName(1))")
    }
    if name.hasPrefix("/") { return call.results(.string(name)) }
    let source = call.place?.source ?? ""
    let directory = source.lastIndex(of: "/").map { String(source[...$0]) } ?? ""
    return call.results(.string(directory + name))
  }

  /// `hint(name, names)`: `; did you mean 'x'?`.
  private static func hint(_ call: Call) throws(ScriptError) -> Int {
    guard case .table(let names) = try call.value(2) else { return call.results(.string("")) }
    let known = names.positions.compactMap(\.text)
    return call.results(.string(Spelling.hint(call.text(1) ?? "", among: known)))
  }

  /// `rehearse()`: whether the script is only rehearsed. `rehearse(purpose)`: then it stops here.
  private static func rehearse(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    guard run.isRehearsal, let purpose = call.text(1) else {
      return call.results(.boolean(run.isRehearsal))
    }
    return try call.wait(RehearsedWait(purpose))
  }

  /// `remedy(packages)`: the command that installs what Debian calls so.
  private static func remedy(_ call: Call) throws(ScriptError) -> Int {
    guard case .table(let names) = try call.value(1) else { return 0 }
    let software = names.positions.compactMap(\.text).map { Software(debianName: $0) }
    return call.results(.string(Software.remedy(software)))
  }

  /// `scratch()`: a new folder that ends with the run at the latest.
  private static func scratch(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    if run.isRehearsal { return try call.wait(RehearsedWait("a folder for temporary files")) }
    let path = try run.freshPath("scratch")
    guard mkdir(path, 0o700) == 0 else {
      throw ScriptError(.launch, "\(path): \(String(cString: strerror(errno)))")
    }
    return call.results(.string(path))
  }

  /// `check_impairment(table, what)`: raises unless a link could be set to it.
  private static func checkImpairment(_ call: Call) throws(ScriptError) -> Int {
    guard case .table(let table) = try call.value(1) else { return 0 }
    _ = try Impairment(
      Fields(table, of: call.text(2) ?? "set", known: Impairment.fields))
    return 0
  }

  /// `record(line)`: into the run's record, if one can be kept.
  private static func record(_ call: Call, _ run: Run) -> Int {
    try? run.record.append(call.text(1) ?? "")
    return 0
  }

  /// `guard(path, true)`: the folder goes when the program is killed. With false it goes now, or was
  /// moved to where it stays.
  private static func guardFolder(_ call: Call) throws(ScriptError) -> Int {
    let (path, isGuarded) = (call.text(1) ?? "", call.boolean(2))
    do throws(ProcessError) {
      try Supervisor.sync { () throws(ProcessError) in
        if isGuarded { return try Guardian.add(directory: path) }
        try? Folder.remove(path)
        Guardian.remove(directory: path)
      }
    } catch {
      throw ScriptError(.launch, error.message)
    }
    return 0
  }

  /// `fail(kind, message, notes, fields, where)`: for the stdlib; blames the script's line, or `where`,
  /// a "file:line". Of the fields `machine` is the error's own.
  private static func fail(_ call: Call) throws(ScriptError) -> Int {
    let kind = ScriptError.Kind(rawValue: call.text(1) ?? "") ?? .usage
    var error = ScriptError(kind, call.text(2) ?? "")
    if case .table(let notes) = try call.value(3) {
      error.notes = notes.positions.compactMap(\.text)
    }
    if case .table(let fields) = try call.value(4) {
      for (key, value) in fields.fields {
        switch value {
        case .string where key == "machine": error.machine = value.text
        case .integer(let number): error.fields[key] = .integer(number)
        default: error.fields[key] = value.bytes.map { .bytes($0) }
        }
      }
    }
    error.place = call.text(5).flatMap { Place(prefixOf: "\($0): ") }
    throw error
  }

  /// `annotate(error, notes, prefix)`: the same error with more notes, and something before its
  /// message; nil for an error that is not vmscript's.
  private static func annotate(_ call: Call) throws(ScriptError) -> Int {
    guard var error = (call.object(1) as? RaisedError)?.error else { return call.results(.nil) }
    if case .table(let notes) = try call.value(2) {
      error.notes += notes.positions.compactMap(\.text)
    }
    error.message = (call.text(3) ?? "") + error.message
    return call.results(error)
  }

  /// `pattern_text(value)`: what `pattern` was given; nil for anything else.
  private static func patternText(_ call: Call) -> Int {
    let pattern = call.object(1) as? PatternObject
    return call.results(pattern.map { .string($0.pattern.bytes) } ?? .nil)
  }

  /// `cap(seconds)`: limits the waits of this task to so long from now; `cap()` lifts it. Returns
  /// the seconds that were left of the limit before, nil if there was none.
  private static func cap(_ call: Call, _ run: Run) -> Int {
    guard let id = run.interpreter.scheduler.current?.id else { return 0 }
    let old = run.caps[id]
    let new = call.number(1).map { Deadline.after($0) }
    run.caps[id] = call.boolean(2) ? new : new.map { min($0, old ?? .never) }
    return call.results(old.map { .number($0.remaining) } ?? .nil)
  }
}
