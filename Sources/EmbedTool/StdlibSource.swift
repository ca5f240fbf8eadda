import CLua
import Glibc

/// The Swift source that carries `stdlib/*.lua` as `vmscript.<name>` and `stdlib/internal/*.lua`
/// as `internal.<name>`. Each is loaded by Lua first: a syntax error ends the build.
struct StdlibSource {
  var folder: String

  func generate() throws(EmbedError) -> String {
    var modules: [(name: String, path: String)] = []
    for name in try luaFiles(in: folder) { modules.append(("vmscript.\(name)", "\(name).lua")) }
    if access("\(folder)/internal", F_OK) == 0 {
      for name in try luaFiles(in: "\(folder)/internal") {
        modules.append(("internal.\(name)", "internal/\(name).lua"))
      }
    }
    // StaticString literals: an array of 120 KB of bytes takes the compiler half a minute, a
    // literal nothing.
    var source = "enum EmbeddedStdlib {\n"
    source += "  static let modules: [(name: String, source: StaticString)] = [\n"
    for module in modules {
      let text = String(decoding: try readFile("\(folder)/\(module.path)"), as: UTF8.self)
      try check(text, path: "\(folder)/\(module.path)")
      source += "    (name: \"\(module.name)\", source: \(literal(text))),\n"
    }
    return source + "  ]\n}\n"
  }

  private func luaFiles(in folder: String) throws(EmbedError) -> [String] {
    guard let handle = opendir(folder) else { throw EmbedError("\(folder): error: no such folder") }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".lua"), !name.hasPrefix(".") { names.append(String(name.dropLast(4))) }
    }
    return names.sorted()
  }

  private func check(_ text: String, path: String) throws(EmbedError) {
    guard let state = luaL_newstate() else { throw EmbedError("error: no memory for Lua") }
    defer { lua_close(state) }
    let utf8 = Array(text.utf8)
    let code = utf8.withUnsafeBytes {
      luaL_loadbufferx(
        state, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, "@\(path)", "t")
    }
    guard code == LUA_OK else {
      // Lua says "path:line: what"; the build log wants "path:line: error: what". Lua shortens
      // long paths, so the line number is looked for behind the first colon.
      let message = String(cString: lua_tolstring(state, -1, nil))
      let rest = message.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      throw EmbedError(
        rest.count == 3 ? "\(path):\(rest[1]): error:\(rest[2])" : "\(path): error: \(message)")
    }
  }
}
