import CLua
import CLuaBridge
import Glibc

/// Loading scripts, and saying where they failed.
extension Interpreter {
  /// Sources whose chunk names begin so are vmscript's own: their frames are not shown, and errors
  /// blame their callers.
  public static let ownPrefix = "=vmscript"

  /// Loads a script and makes its main task with `arguments`. `path` nil reads standard input.
  public func loadMain(path: String?, arguments: [String]) throws(ScriptError) -> LuaTask {
    let status = path.map { luaL_loadfilex(state, $0, nil) } ?? loadStandardInput()
    return try startMain(status, arguments: arguments)
  }

  /// As luaL_loadfile does it, and keeps the text for reports.
  private func loadStandardInput() -> Int32 {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(0, &block, block.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += block.prefix(count)
    }
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes.removeFirst(3) }
    if bytes.first == UInt8(ascii: "#") { bytes.replaceSubrange(0..<1, with: "--".utf8) }
    standardInput = String(decoding: bytes, as: UTF8.self)
    return bytes.withUnsafeBytes {
      luaL_loadbufferx(
        state, $0.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, "=stdin", nil)
    }
  }

  /// The same for a script that is at hand as text.
  public func loadText(_ source: String, name: String) throws(ScriptError) -> LuaTask {
    let bytes = Array(source.utf8)
    let status = bytes.withUnsafeBytes {
      luaL_loadbufferx(
        state, $0.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, "@\(name)", "t")
    }
    return try startMain(status, arguments: [])
  }

  private func startMain(_ status: Int32, arguments: [String]) throws(ScriptError) -> LuaTask {
    guard status == LUA_OK else {
      let message = String(decoding: bytes(state, -1), as: UTF8.self)
      lua_pop_values(state, 1)
      throw .usage(message)
    }
    for argument in arguments { push(state, .string(argument)) }
    return try scheduler.start(
      from: state, values: Int32(arguments.count + 1), name: "main", origin: nil)
  }

  /// Runs one of vmscript's own chunks; what it returns becomes global `name` if that is given.
  public func runOwn(_ source: String, name: String, global: String? = nil) {
    var source = source
    let status = source.withUTF8 { text in
      luaL_loadbufferx(
        state, text.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) },
        text.count, "\(Self.ownPrefix) \(name)", "t")
    }
    guard status == LUA_OK, bridge_pcall(state, 0, 1, 0) == LUA_OK else {
      fatalError("\(name): \(String(decoding: bytes(state, -1), as: UTF8.self))")
    }
    if let global { lua_setglobal(state, global) } else { lua_pop_values(state, 1) }
  }

  /// Makes `require(module)` load `source` when it is first asked for.
  public func preload(_ module: String, source: StaticString) {
    lua_getglobal(state, "package")
    lua_getfield(state, -1, "preload")
    pushFunction { call throws(ScriptError) in
      let status = source.withUTF8Buffer { text in
        luaL_loadbufferx(
          call.state, UnsafeRawPointer(text.baseAddress!).assumingMemoryBound(to: CChar.self),
          text.count, "\(Interpreter.ownPrefix) \(module)", "t")
      }
      guard status == LUA_OK, bridge_pcall(call.state, 0, 1, 0) == LUA_OK else {
        throw .usage(String(decoding: call.interpreter.bytes(call.state, -1), as: UTF8.self))
      }
      return 1
    }
    lua_setfield(state, -2, module)
    lua_pop_values(state, 2)
  }

  /// Starts `function` of one of vmscript's own modules as a task. `failing` is the Lua
  /// thread of an `onFailure`: then that and its error come before the arguments.
  public func start(
    _ function: String, of module: String, _ arguments: [Value], failing: OpaquePointer? = nil,
    name: String
  ) throws(ScriptError) -> LuaTask {
    let source: StaticString =
      "local module, name = ... return require(module)[name](select(3, ...))"
    lua_checkstack(state, 16)
    let base = lua_gettop(state)
    luaL_loadbufferx(
      state, UnsafeRawPointer(source.utf8Start).assumingMemoryBound(to: CChar.self),
      source.utf8CodeUnitCount, "\(Self.ownPrefix) start", "t")
    for name in [module, function] { push(state, .string(name)) }
    if let failing {
      lua_pushthread(failing)
      lua_pushvalue(failing, 1)
      lua_xmove(failing, state, 2)
    }
    for value in arguments { push(state, value) }
    return try scheduler.start(
      from: state, values: lua_gettop(state) - base, name: name, origin: nil)
  }

  /// `package.path` and `package.cpath`.
  public func searchPath(_ field: String) -> String {
    lua_getglobal(state, "package")
    lua_getfield(state, -1, field)
    defer { lua_pop_values(state, 2) }
    return String(decoding: bytes(state, -1), as: UTF8.self)
  }

  public func setSearchPath(_ field: String, _ path: String) {
    lua_getglobal(state, "package")
    push(state, .string(path))
    lua_setfield(state, -2, field)
    lua_pop_values(state, 1)
  }

  // MARK: Where

  func isOwn(_ record: lua_Debug) -> Bool {
    guard let source = record.source else { return true }
    return strncmp(source, Self.ownPrefix, Self.ownPrefix.utf8.count) == 0
  }

  /// The script's innermost line; of a task that runs vmscript's own functions alone, where it began.
  func place(_ state: OpaquePointer) -> Place? {
    frames(state, limit: 1).first?.place ?? scheduler.current?.origin
  }

  /// The frames of the script, innermost first: neither C functions nor vmscript's own Lua.
  func frames(_ state: OpaquePointer, limit: Int = 20) -> [Failure.Frame] {
    var frames: [Failure.Frame] = []
    var level: Int32 = 0
    var record = lua_Debug()
    while frames.count < limit, lua_getstack(state, level, &record) != 0 {
      level += 1
      lua_getinfo(state, "Sln", &record)
      guard record.currentline > 0, !isOwn(record) else { continue }
      frames.append(Failure.Frame(place: Self.place(of: record), what: Self.what(record)))
    }
    return frames
  }

  private static func place(of record: lua_Debug) -> Place {
    let source = String(cString: record.source)
    let name =
      source.first == "@" || source.first == "="
      ? String(source.dropFirst()) : "[string]"
    return Place(source: name, line: Int(record.currentline))
  }

  private static func what(_ record: lua_Debug) -> String {
    if let what = record.what, strcmp(what, "main") == 0 { return "main chunk" }
    if let name = record.name { return "function '\(String(cString: name))'" }
    return "function at line \(record.linedefined)"
  }

  // MARK: Failures

  /// The message handler of all tasks: notes the frames before the stack is unwound. Nothing in the task
  /// catches what comes here.
  func pushHandler(_ state: OpaquePointer) {
    bridge_push_function(state, handlerID)
  }

  func noteFailure(_ call: Call) -> Int {
    let count = noteTrace(call)
    // A second one comes from a `<close>` handler.
    guard let task = scheduler.current, task.firstFailure == nil else { return count }
    let failure = failure(call.state, 1)
    task.firstFailure = failure
    onFailure(task, failure, call.state)
    return count
  }

  /// The message handler of blocks such as `within`, which raise what they catch again.
  func noteTrace(_ call: Call) -> Int {
    if let task = scheduler.current, !isRaisedAgain(call.state) { task.trace = frames(call.state) }
    return call.arguments(from: 1)
  }

  /// Whether the message handler that runs was called for an error that `leaveScope` raises again:
  /// its frames were noted where it came from.
  private func isRaisedAgain(_ state: OpaquePointer) -> Bool {
    guard let task = scheduler.current, task.keepsTrace else { return false }
    task.keepsTrace = false
    var record = lua_Debug()
    // The handler, what raised the error: a function of the host's has its number as its upvalue.
    guard lua_getstack(state, 1, &record) != 0, lua_checkstack(state, 4) != 0 else { return false }
    lua_getinfo(state, "f", &record)
    defer { lua_pop_values(state, 1) }
    guard lua_getupvalue(state, -1, 1) != nil else { return false }
    defer { lua_pop_values(state, 1) }
    return lua_tointegerx(state, -1, nil) == lua_Integer(leaveID)
  }

  /// What keeps the running thread from waiting: C code that calls back, as an error names it; or
  /// whether it is a finalizer.
  func obstacle(on state: OpaquePointer) -> (culprit: String?, isFinalizer: Bool) {
    var record = lua_Debug()
    var culprit: String?
    var level: Int32 = 1
    while lua_getstack(state, level, &record) != 0 {
      level += 1
      lua_getinfo(state, "Sn", &record)
      let name = record.name.map { String(cString: $0) }
      if name == "__gc", let what = record.namewhat, strcmp(what, "metamethod") == 0 {
        return (nil, true)
      }
      guard culprit == nil, let what = record.what, strcmp(what, "C") == 0 else { continue }
      if let name, !Self.carriers.contains(name) {
        culprit = "C function '\(name)', which calls back,"
      }
    }
    return (culprit, false)
  }

  /// C functions through which a wait goes outward.
  private static let carriers: Set = ["pcall", "xpcall", "require", "resume", "close", "catch_all"]

  /// The failure whose error value is at `index`.
  func failure(_ state: OpaquePointer, _ index: Int32) -> Failure {
    let trace = scheduler.current?.trace ?? []
    if let raised = Call(state: state, interpreter: self).object(Int(index)) as? RaisedError {
      return Failure(text: raised.error.text, error: raised.error, trace: trace)
    }
    if lua_type(state, index) == LUA_TNIL {
      return Failure(text: "nil was raised as an error", error: nil, trace: trace)
    }
    lua_checkstack(state, 4)
    if lua_type(state, index) == LUA_TTABLE,
      luaL_getmetafield(state, index, "__tostring") == LUA_TNIL
    {
      return Failure(text: describe(tableOn: state, index), error: nil, trace: trace)
    }
    // luaL_tolstring may run a metamethod that raises: protected.
    lua_getglobal(state, "tostring")
    lua_pushvalue(state, index)
    let shown =
      bridge_pcall(state, 1, 1, 0) == LUA_OK
      ? String(decoding: bytes(state, -1), as: UTF8.self) : "(an error value without tostring)"
    lua_pop_values(state, 1)
    return Failure(text: shown, error: nil, trace: trace)
  }

  /// A table that was raised, which would show nothing but its address.
  private func describe(tableOn state: OpaquePointer, _ index: Int32) -> String {
    guard case .table(let table)? = try? copy(state, index, depth: 0) else {
      return "a table was raised as an error"
    }
    let parts =
      table.positions.map(\.shown) + table.fields.map { "\($0.key) = \($0.value.shown)" }
    let more = parts.count > 8 ? ", …" : ""
    return "a table was raised as an error: { \(parts.prefix(8).joined(separator: ", "))\(more) }"
  }
}
