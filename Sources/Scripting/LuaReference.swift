import CLua

/// A value of the script's that Swift code keeps. Used on the script's thread.
public final class LuaReference {
  private let reference: Int32
  private let lifeline: Lifeline

  /// The value at argument `index` of a call.
  public init(_ call: Call, _ index: Int) {
    lifeline = call.interpreter.lifeline
    lua_checkstack(call.state, 4)
    lua_pushvalue(call.state, Int32(index))
    reference = luaL_ref(call.state, lua_registry_index)
  }

  deinit { lifeline.release(reference) }

  /// Pushes the value; returns 1, the count of results.
  public func push(to call: Call) -> Int {
    lua_checkstack(call.state, 4)
    lua_rawgeti(call.state, lua_registry_index, lua_Integer(reference))
    return 1
  }
}
