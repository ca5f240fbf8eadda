import CLua
import CLuaBridge

/// Lua's own pattern matching for Swift code.
extension Interpreter {
  public struct Found {
    /// Offsets into the subject, counted from 0; `end` is behind the match.
    public var start: Int
    public var end: Int
    public var captures: [Value]
  }

  /// `string.find(subject, pattern, start + 1)`. Throws at a malformed pattern.
  public func find(_ pattern: [UInt8], in subject: [UInt8], from start: Int) throws(ScriptError)
    -> Found?
  {
    let base = lua_gettop(scratch)
    defer { lua_settop(scratch, base) }
    lua_checkstack(scratch, 8)
    lua_rawgeti(scratch, lua_registry_index, lua_Integer(stringFind))
    push(scratch, .string(subject))
    push(scratch, .string(pattern))
    lua_pushinteger(scratch, lua_Integer(start + 1))
    guard bridge_pcall(scratch, 3, LUA_MULTRET, 0) == LUA_OK else {
      throw .usage(String(decoding: bytes(scratch, -1), as: UTF8.self))
    }
    guard lua_type(scratch, base + 1) == LUA_TNUMBER else { return nil }
    var captures: [Value] = []
    for index in stride(from: base + 3, through: lua_gettop(scratch), by: 1) {
      captures.append(try copy(scratch, index, depth: 0))
    }
    return Found(
      start: Int(lua_tointegerx(scratch, base + 1, nil)) - 1,
      end: Int(lua_tointegerx(scratch, base + 2, nil)), captures: captures)
  }
}
