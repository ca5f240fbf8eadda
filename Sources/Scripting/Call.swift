import CLua
import CLuaBridge

/// One call of a native function: its arguments, and where its results go.
public struct Call {
  let state: OpaquePointer
  public unowned(unsafe) let interpreter: Interpreter

  /// The number of arguments.
  public var count: Int { Int(lua_gettop(state)) }

  // MARK: Arguments, counted from 1

  public func isAbsent(_ index: Int) -> Bool { lua_type(state, Int32(index)) <= LUA_TNIL }

  public func typeName(_ index: Int) -> String {
    if let object = object(index) { return type(of: object).typeName }
    return String(cString: lua_typename(state, lua_type(state, Int32(index))))
  }

  /// A copy of an argument; nil-valued if there is none.
  public func value(_ index: Int) throws(ScriptError) -> Value {
    try interpreter.copy(state, Int32(index), depth: 0)
  }

  public func object(_ index: Int) -> (any ScriptObject)? {
    guard let box = bridge_to_box(state, Int32(index)), let object = box.pointee.object else {
      return nil
    }
    return Unmanaged<AnyObject>.fromOpaque(object).takeUnretainedValue() as? any ScriptObject
  }

  public func boolean(_ index: Int) -> Bool { lua_toboolean(state, Int32(index)) != 0 }

  /// A number; nil if the argument is not one (strings do not count).
  public func number(_ index: Int) -> Double? {
    guard lua_type(state, Int32(index)) == LUA_TNUMBER else { return nil }
    return lua_tonumberx(state, Int32(index), nil)
  }

  /// A string's bytes; nil if the argument is not a string.
  public func bytes(_ index: Int) -> [UInt8]? {
    guard lua_type(state, Int32(index)) == LUA_TSTRING else { return nil }
    return interpreter.bytes(state, Int32(index))
  }

  public func text(_ index: Int) -> String? {
    bytes(index).map { String(decoding: $0, as: UTF8.self) }
  }

  public func isFunction(_ index: Int) -> Bool { lua_type(state, Int32(index)) == LUA_TFUNCTION }

  /// A function, or a value with `__call`, such as `wait`.
  public func isCallable(_ index: Int) -> Bool {
    if isFunction(index) { return true }
    guard luaL_getmetafield(state, Int32(index), "__call") != LUA_TNIL else { return false }
    lua_pop_values(state, 1)
    return true
  }

  /// What a report would say of the error value at `index`; nil if there is none.
  public func failureText(_ index: Int) -> String? {
    isAbsent(index) ? nil : interpreter.failure(state, Int32(index)).text
  }

  /// The failure whose error value is at `index`, with the trace that was noted for it.
  public func failure(_ index: Int) -> Failure { interpreter.failure(state, Int32(index)) }

  // MARK: Results

  public func push(_ value: Value) { interpreter.push(state, value) }

  public func push(_ number: Double) { lua_pushnumber(state, number) }

  /// Pushes a string of bytes in memory of malloc's, and takes that: a long one is not copied.
  public func push(taking bytes: UnsafeMutableRawBufferPointer) {
    lua_checkstack(state, 4)
    bridge_push_block(state, bytes.baseAddress, bytes.count)
  }

  /// Pushes and returns the count, for `return call.results(…)`.
  public func results(_ values: Value...) -> Int {
    lua_checkstack(state, Int32(values.count + 4))
    for value in values { push(value) }
    return values.count
  }

  /// An error value, to be raised by Lua.
  public func results(_ error: ScriptError) -> Int {
    interpreter.push(state, error)
    return 1
  }

  /// All arguments from `index` on, as they are, as results.
  public func arguments(from index: Int) -> Int {
    let count = max(0, self.count - index + 1)
    lua_checkstack(state, Int32(count))
    for offset in 0..<count { lua_pushvalue(state, Int32(index + offset)) }
    return count
  }

  // MARK: Waits

  /// Waits: returns at once what `wait` gives if it is over already, else suspends the task.
  public func wait(_ wait: any Wait) throws(ScriptError) -> Int {
    let scheduler = interpreter.scheduler
    guard let task = scheduler.current else {
      wait.abandon()
      throw .usage("there is no task here that could wait")
    }
    task.limit = task.scopes.isEmpty ? nil : scheduler.earliestScope(of: task)
    if let error = task.takeStop(during: wait) {
      wait.abandon()
      throw error
    }
    // Now and then the others get their turn all the same, so that no loop keeps it from them.
    if wait.poll(), !scheduler.isTurnOver(of: task) || lua_isyieldable(state) == 0 {
      return try wait.finish(self)
    }
    guard lua_isyieldable(state) != 0 else {
      wait.abandon()
      throw interpreter.refusal(on: state)
    }
    scheduler.suspend(task, for: wait, on: state)
    return Int(BRIDGE_YIELD)
  }

  /// Starts `arguments[index]` (a function) as a task with the arguments behind it.
  public func spawn(_ index: Int, name: String) throws(ScriptError) -> LuaTask {
    try interpreter.scheduler.spawn(from: self, function: index, name: name)
  }

  /// The place in the script that made this call: the innermost frame that is neither C nor the
  /// embedded library.
  public var place: Place? { interpreter.place(state) }
}

/// Building results that are not plain values.
extension Call {
  public func pushTable() { lua_new_table(state) }

  /// Of the top `count` values leaves the first, or nil if there is none.
  public func keepFirst(of count: Int) {
    if count == 0 { lua_pushnil(state) } else { lua_pop_values(state, Int32(count - 1)) }
  }

  /// Pops a value and sets it under `key` in the table below it.
  public func setField(_ key: Value) {
    push(key)
    lua_rotate(state, -2, 1)
    lua_rawset(state, -3)
  }

  public func pushGlobal(_ name: String) { lua_getglobal(state, name) }

  /// Raises the value at `index` as it is, which the trace noted for it stays with.
  func raise(_ index: Int) -> Int {
    interpreter.scheduler.current?.keepsTrace = true
    lua_pushvalue(state, Int32(index))
    return Int(BRIDGE_RAISE)
  }

  /// Pushes a file, as io.popen gives it. Its close calls method `finish` of `object`. Takes the
  /// descriptor; false if there is no file to be had.
  public func pushStream(_ descriptor: Int32, mode: String, of object: any ScriptObject) -> Bool {
    push(.object(object))
    return bridge_push_stream(state, descriptor, mode)
  }

  public func pushFunction(_ function: @escaping NativeFunction) {
    interpreter.pushFunction(function, on: state)
  }
}
