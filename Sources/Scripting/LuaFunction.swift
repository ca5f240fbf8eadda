import CLua
import CLuaBridge

/// A function of the script's that Swift code keeps, and calls outside of any task: it cannot wait.
/// Used on the script's thread.
public final class LuaFunction {
  private unowned let interpreter: Interpreter
  private let reference: Int32
  private let lifeline: Lifeline

  /// The function at argument `index` of a call.
  public init(_ call: Call, _ index: Int) {
    interpreter = call.interpreter
    lifeline = call.interpreter.lifeline
    lua_checkstack(call.state, 4)
    lua_pushvalue(call.state, Int32(index))
    reference = luaL_ref(call.state, lua_registry_index)
  }

  deinit { lifeline.release(reference) }

  /// Whether it returns something true for a value. Throws what it raises.
  public func isTrue(_ argument: Value) throws(ScriptError) -> Bool {
    let state = interpreter.scratch
    let base = lua_gettop(state)
    defer { lua_settop(state, base) }
    guard lua_checkstack(state, 8) != 0 else { throw .tooMany("nested calls") }
    lua_rawgeti(state, lua_registry_index, lua_Integer(reference))
    interpreter.push(state, argument)
    if bridge_pcall(state, 1, 1, 0) == LUA_OK { return lua_toboolean(state, -1) != 0 }
    let value = try interpreter.copy(state, -1, depth: 0)
    if case .object(let object) = value, let raised = object as? RaisedError { throw raised.error }
    var error = ScriptError(.assertion, value.text ?? value.shown)
    if let place = Place(prefixOf: error.message) {
      error.place = place
      error.message = String(error.message.dropFirst("\(place): ".count))
    }
    throw error
  }
}
