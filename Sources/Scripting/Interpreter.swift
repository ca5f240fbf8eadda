import CLua
import CLuaBridge
import Events

/// A Lua 5.4 interpreter, used by one thread. There is at most one at a time in a program: the
/// bridge below keeps its state in globals.
///
/// No function of Lua's that may raise is called here outside a protected call: its longjmp would
/// skip Swift frames and leak what they hold. (What may raise for want of memory alone is called:
/// the allocator ends the program first.)
public final class Interpreter {
  let state: OpaquePointer
  public let scheduler = Scheduler()
  private let functions = FunctionList()
  private var metatables: [ObjectIdentifier: Int32] = [:]
  private var methods: [ObjectIdentifier: Int32] = [:]
  /// Methods that are written in Lua, by type.
  private var ownMethods: [ObjectIdentifier: [String]] = [:]
  private let cache: Int32
  private(set) var handlerID: Int32 = 0
  private var noteID: Int32 = 0
  private(set) var leaveID: Int32 = 0
  /// A Lua thread for calls that belong to no task.
  let scratch: OpaquePointer
  let lifeline: Lifeline
  /// The script, if it was read from standard input.
  public internal(set) var standardInput: String?
  /// Told of each object that scripts have not seen before.
  public var onNewObject: ((any ScriptObject) -> Void)?
  /// What the script is told when it was interrupted; nil to go on.
  public var onInterrupt: () -> ScriptError? = { nil }
  /// Told once of a task that fails: that nothing in it catches the error, before anything of it is
  /// unwound, with the Lua thread that raised it. Locals, `<close>` variables and all other tasks are there
  /// still. It may run Lua, and may not wait for the failed task.
  public var onFailure: (LuaTask, Failure, OpaquePointer) -> Void = { _, _, _ in }

  public init(outOfMemory: @escaping @convention(c) () -> Void) {
    var host = bridge_host(
      call: { state, id in
        Interpreter.unretained(state!)._withUnsafeGuaranteedRef { $0.run(state!, Int(id)) }
      },
      resume: { state in Interpreter.of(state!).goOn(state!) },
      refuse: { state in Interpreter.of(state!).refuseWait() },
      replace: { state in Interpreter.of(state!).replaceError(state!) },
      interrupted: { state in Interpreter.of(state!).interrupted(state!) },
      release: { Unmanaged<AnyObject>.fromOpaque($0!).release() },
      out_of_memory: outOfMemory)
    guard let new = bridge_new_state(&host) else { fatalError("no memory for Lua") }
    state = new
    lifeline = Lifeline(new)
    // Objects already pushed, by address, so that one object is one Lua value.
    lua_new_table(state)
    lua_new_table(state)
    lua_pushstring(state, "v")
    lua_setfield(state, -2, "__mode")
    lua_setmetatable(state, -2)
    cache = luaL_ref(state, lua_registry_index)
    scratch = lua_newthread(state)
    luaL_ref(state, lua_registry_index)
    scheduler.interpreter = self
    handlerID = register { call in call.interpreter.noteFailure(call) }
    noteID = register { call in call.interpreter.noteTrace(call) }
    leaveID = register { call throws(ScriptError) in
      try call.interpreter.scheduler.leaveScope(call)
    }
    let loads = ModuleLoads()
    let begin = register { call throws(ScriptError) in try loads.begin(call) }
    bridge_install_require(state, begin, register { call in loads.end(call) })
    // New threads get a copy of the main one's; this one is older.
    for thread in [state, scratch] {
      lua_extra_space(thread)[0] = Unmanaged.passUnretained(self).toOpaque()
    }
  }

  /// Runs the finalizers and frees everything. Nothing may be called afterwards.
  public func close() {
    lua_close(state)
    lifeline.cut()
  }

  static func of(_ state: OpaquePointer) -> Interpreter {
    unretained(state).takeUnretainedValue()
  }

  private static func unretained(_ state: OpaquePointer) -> Unmanaged<Interpreter> {
    Unmanaged.fromOpaque(lua_extra_space(state)[0]!)
  }

  /// Makes the script ask `onInterrupt` soon, whether it runs or waits. From any thread.
  public var interrupter: @Sendable () -> Void {
    let alarm = scheduler.alarm
    return {
      bridge_interrupt()
      alarm()
    }
  }

  // MARK: The bridge's questions

  private func run(_ state: OpaquePointer, _ id: Int) -> Int32 {
    do throws(ScriptError) {
      return Int32(try functions[id](Call(state: state, interpreter: self)))
    } catch {
      return raise(state, error)
    }
  }

  private func goOn(_ state: OpaquePointer) -> Int32 {
    guard let task = scheduler.current, let wait = task.wait else { return 0 }
    task.wait = nil
    do throws(ScriptError) {
      if var error = task.takeStop(during: wait) {
        if error.kind == .cancelled, task === scheduler.main { wait.explain(&error) }
        task.noteInterrupted(wait, by: error)
        wait.abandon()
        scheduler.tellEnd(of: task, .stopped)
        throw error
      }
      let count = try wait.finish(Call(state: state, interpreter: self))
      scheduler.tellEnd(of: task, .done)
      return Int32(count)
    } catch {
      scheduler.tellEnd(of: task, .failed(error))
      return raise(state, error)
    }
  }

  private func refuseWait() {
    let refusal = ScriptError.usage(
      "cannot wait here: this coroutine was resumed inside a C function that calls back"
        + " (table.sort, string.gsub, a metamethod); resume it outside of that")
    scheduler.current?.setInterrupt(refusal, isUrgent: true)
  }

  /// Why the running thread cannot wait.
  func refusal(on state: OpaquePointer) -> ScriptError {
    let (culprit, isFinalizer) = obstacle(on: state)
    guard isFinalizer else {
      return .usage(
        "cannot wait here: \(culprit ?? "a C function that calls back (table.sort, string.gsub, load)")"
          + " is in the way; wait before it and use the result")
    }
    let error = ScriptError.usage(
      "cannot wait in a __gc metamethod: Lua calls it wherever it happens to be; use a <close>"
        + " variable, whose __close may wait")
    // Lua drops what a finalizer raises: so the task is told too.
    var told = error
    told.place = place(state)
    scheduler.current?.setInterrupt(told, isUrgent: false)
    return error
  }

  /// A handler's error, on the top, gives way to the one by which its task is unwound.
  private func replaceError(_ state: OpaquePointer) {
    guard let task = scheduler.current, let unwinding = task.unwinding else { return }
    task.noteHandlerFailure(failure(state, lua_gettop(state)))
    lua_pop_values(state, 1)
    push(state, RaisedError(unwinding.error), uncatchable: true)
  }

  private func interrupted(_ state: OpaquePointer) -> Int32 {
    guard let error = onInterrupt() else { return 0 }
    // In another task it is raised there, and main hears of it at its wait.
    if scheduler.current !== scheduler.main, let main = scheduler.main {
      scheduler.interrupt(main, with: error, isUrgent: true)
    }
    return raise(state, error)
  }

  private func raise(_ state: OpaquePointer, _ error: ScriptError) -> Int32 {
    var error = error
    if error.place == nil { error.place = place(state) }
    push(state, error)
    return Int32(BRIDGE_RAISE)
  }

  /// As an error value.
  func push(_ state: OpaquePointer, _ error: ScriptError) {
    lua_checkstack(state, 8)
    if error.isUncatchable { scheduler.beginUnwinding(by: error) }
    push(state, RaisedError(error), uncatchable: error.isUncatchable)
  }

  // MARK: Functions and objects

  public func pushFunction(_ function: @escaping NativeFunction) {
    pushFunction(function, on: state)
  }

  /// Functions live as long as the interpreter: not for one that is made at each call.
  func pushFunction(_ function: @escaping NativeFunction, on state: OpaquePointer) {
    bridge_push_function(state, register(function))
  }

  private func register(_ function: @escaping NativeFunction) -> Int32 {
    Int32(functions.append(function))
  }

  public func setGlobal(_ name: String, _ function: @escaping NativeFunction) {
    pushFunction(function)
    lua_setglobal(state, name)
  }

  public func setGlobal(_ name: String, _ value: Value) {
    push(state, value)
    lua_setglobal(state, name)
  }

  public func pushTable() { lua_new_table(state) }

  /// Sets, in the table on the top of the stack, what `within` is made of: `enter_scope(seconds)`,
  /// `catch_all(note_trace, f, …)`, `leave_scope(scope, ok, …)`.
  public func setScopeFunctions() {
    setField("enter_scope") { call throws(ScriptError) in
      try call.interpreter.scheduler.enterScope(
        call, call.number(1) ?? 0, of: call.text(2) ?? "within")
    }
    bridge_push_catch_all(state)
    lua_setfield(state, -2, "catch_all")
    bridge_push_function(state, noteID)
    lua_setfield(state, -2, "note_trace")
    bridge_push_function(state, leaveID)
    lua_setfield(state, -2, "leave_scope")
  }

  /// Sets `function` in the table on the top of the stack.
  public func setField(_ name: String, _ function: @escaping NativeFunction) {
    pushFunction(function)
    lua_setfield(state, -2, name)
  }

  /// Pops a value into a global.
  public func nameTop(_ global: String) { lua_setglobal(state, global) }

  /// Sets `function` in the global table `table`, such as `os`.
  public func setField(_ table: String, _ name: String, _ function: @escaping NativeFunction) {
    lua_getglobal(state, table)
    pushFunction(function)
    lua_setfield(state, -2, name)
    lua_pop_values(state, 1)
  }

  private func push(_ state: OpaquePointer, _ object: any ScriptObject, uncatchable: Bool = false) {
    let address = Unmanaged.passUnretained(object as AnyObject).toOpaque()
    lua_rawgeti(state, lua_registry_index, lua_Integer(cache))
    if lua_rawgetp(state, -1, address) == LUA_TUSERDATA {
      lua_rotate(state, -2, 1)
      lua_pop_values(state, 1)
      return
    }
    lua_pop_values(state, 1)
    onNewObject?(object)
    pushMetatable(state, of: type(of: object))
    bridge_push_box(state, Unmanaged.passRetained(object as AnyObject).toOpaque(), uncatchable)
    lua_pushvalue(state, -1)
    lua_rawsetp(state, -3, address)
    lua_rotate(state, -2, 1)
    lua_pop_values(state, 1)
  }

  /// Gives the objects of a type a method that is written in Lua: the function at argument `index`.
  public func addMethod(_ name: String, of kind: any ScriptObject.Type, _ call: Call, _ index: Int)
  {
    lua_checkstack(call.state, 8)
    pushMetatable(call.state, of: kind)
    lua_rawgeti(call.state, lua_registry_index, lua_Integer(methods[ObjectIdentifier(kind)]!))
    lua_pushvalue(call.state, Int32(index))
    lua_setfield(call.state, -2, name)
    lua_pop_values(call.state, 2)
    ownMethods[ObjectIdentifier(kind), default: []].append(name)
  }

  private func pushMetatable(_ state: OpaquePointer, of kind: any ScriptObject.Type) {
    if let reference = metatables[ObjectIdentifier(kind)] {
      lua_rawgeti(state, lua_registry_index, lua_Integer(reference))
      return
    }
    lua_new_table(state)
    lua_new_table(state)
    for (name, method) in kind.methods.sorted(by: { $0.key < $1.key }) {
      bridge_push_function(state, register(Self.checked(kind, name, method)))
      lua_setfield(state, -2, name)
    }
    lua_pushvalue(state, -1)
    methods[ObjectIdentifier(kind)] = luaL_ref(state, lua_registry_index)
    let top = lua_gettop(state)
    lua_pushvalue(state, top - 1)
    bridge_set_index(state, top, register(Self.fallback))
    lua_pop_values(state, 2)  // the metatable's copy and the methods
    let metamethods: [(String, NativeFunction)] = [
      ("__tostring", { call in call.results(.string(call.object(1)?.shown ?? kind.typeName)) }),
      (
        "__close",
        { call throws(ScriptError) in
          guard let object = call.object(1) else { return 0 }
          return try object.close(call)
        }
      ),
      (
        "__newindex",
        { call throws(ScriptError) in
          throw .usage("the fields of a \(kind.typeName) cannot be assigned")
        }
      ),
    ]
    for (name, function) in metamethods {
      bridge_push_function(state, register(function))
      lua_setfield(state, -2, name)
    }
    for (name, function) in kind.metamethods.sorted(by: { $0.key < $1.key }) {
      bridge_push_function(state, register(function))
      lua_setfield(state, -2, name)
    }
    lua_pushstring(state, kind.typeName)
    lua_setfield(state, -2, "__name")
    lua_pushvalue(state, -1)
    metatables[ObjectIdentifier(kind)] = luaL_ref(state, lua_registry_index)
  }

  /// A method that says clearly when it was called with `.` instead of `:`.
  private static func checked(
    _ kind: any ScriptObject.Type, _ name: String, _ method: @escaping NativeFunction
  ) -> NativeFunction {
    { call throws(ScriptError) in
      guard let object = call.object(1), type(of: object) == kind else {
        throw .usage(
          "\(name) wants a \(kind.typeName) before it, got \(call.typeName(1)); call it with ':',"
            + " as in \(kind.typeName.first!):\(name)(…)")
      }
      return try method(call)
    }
  }

  private static func fallback(_ call: Call) throws(ScriptError) -> Int {
    guard let object = call.object(1) else { return 0 }
    let key = try call.value(2)
    if let value = object.field(key) { return call.results(value) }
    guard case .string = key, let name = key.text else { return call.results(.nil) }
    let known = call.interpreter.methodNames(of: object)
    throw .usage(
      "a \(type(of: object).typeName) has no field '\(name)'" + Spelling.hint(name, among: known))
  }

  /// The methods that an object has, those that are written in Lua among them, sorted.
  public func methodNames(of object: any ScriptObject) -> [String] {
    let kind = type(of: object)
    return (kind.methods.keys + (ownMethods[ObjectIdentifier(kind)] ?? [])).sorted()
  }

  // MARK: Values

  func bytes(_ state: OpaquePointer, _ index: Int32) -> [UInt8] {
    var length = 0
    guard let start = lua_tolstring(state, index, &length) else { return [] }
    return start.withMemoryRebound(to: UInt8.self, capacity: length) {
      Array(UnsafeBufferPointer(start: $0, count: length))
    }
  }

  func copy(_ state: OpaquePointer, _ index: Int32, depth: Int) throws(ScriptError) -> Value {
    switch lua_type(state, index) {
    case LUA_TNONE, LUA_TNIL: return .nil
    case LUA_TBOOLEAN: return .boolean(lua_toboolean(state, index) != 0)
    case LUA_TNUMBER:
      return lua_isinteger(state, index) != 0
        ? .integer(lua_tointegerx(state, index, nil)) : .number(lua_tonumberx(state, index, nil))
    case LUA_TSTRING: return .string(bytes(state, index))
    case LUA_TTABLE: return .table(try copyTable(state, lua_absindex(state, index), depth: depth))
    default:
      if let object = Call(state: state, interpreter: self).object(Int(index)) {
        return .object(object)
      }
      return .other(String(cString: lua_typename(state, lua_type(state, index))))
    }
  }

  private func copyTable(_ state: OpaquePointer, _ index: Int32, depth: Int) throws(ScriptError)
    -> Table
  {
    guard depth < 100, lua_checkstack(state, 8) != 0 else {
      throw .usage("a table nests deeper than 100 levels, or contains itself")
    }
    var table = Table()
    let length = Int64(lua_rawlen(state, index))
    for position in 0..<length {
      lua_rawgeti(state, index, position + 1)
      let value = try copyAndPop(state, depth)
      table.positions.append(value)
    }
    lua_pushnil(state)
    while lua_next(state, index) != 0 {
      if lua_type(state, -2) == LUA_TSTRING {
        let key = String(decoding: bytes(state, -2), as: UTF8.self)
        table.fields.append((key, try copyAndPop(state, depth)))
      } else if lua_isinteger(state, -2) != 0 {
        let key = lua_tointegerx(state, -2, nil)
        if key >= 1 && key <= length {
          lua_pop_values(state, 1)
        } else {
          table.entries.append((key, try copyAndPop(state, depth)))
        }
      } else {
        let kind = String(cString: lua_typename(state, lua_type(state, -2)))
        lua_pop_values(state, 2)
        throw .usage("a table has a key of type \(kind); keys are strings or integers here")
      }
    }
    table.fields.sort { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
    table.entries.sort { $0.key < $1.key }
    return table
  }

  private func copyAndPop(_ state: OpaquePointer, _ depth: Int) throws(ScriptError) -> Value {
    defer { lua_pop_values(state, 1) }
    return try copy(state, -1, depth: depth + 1)
  }

  func push(_ state: OpaquePointer, _ value: Value) {
    lua_checkstack(state, 8)
    switch value {
    case .nil, .other: lua_pushnil(state)
    case .boolean(let flag): lua_pushboolean(state, flag ? 1 : 0)
    case .integer(let number): lua_pushinteger(state, number)
    case .number(let number): lua_pushnumber(state, number)
    case .string(let bytes):
      bytes.withUnsafeBytes {
        _ = lua_pushlstring(
          state, $0.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
      }
    case .object(let object): push(state, object)
    case .table(let table):
      lua_createtable(state, Int32(table.positions.count), Int32(table.fields.count))
      for (index, value) in table.positions.enumerated() {
        push(state, value)
        lua_rawseti(state, -2, lua_Integer(index + 1))
      }
      for (key, value) in table.fields {
        push(state, .string(key))
        push(state, value)
        lua_rawset(state, -3)
      }
      for (key, value) in table.entries {
        push(state, value)
        lua_rawseti(state, -2, key)
      }
    }
  }
}
