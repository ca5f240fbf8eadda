import CLua
import Glibc

/// The Swift source that carries `stdlib/*.lua` as `vmscript.<name>`, `stdlib/internal/*.lua` as
/// `internal.<name>`, and the types of `docs/meta`. Each is loaded by Lua first: a syntax error ends
/// the build.
struct StdlibSource {
  var folder: String
  var metas: String

  func generate() throws(EmbedError) -> String {
    var modules: [(name: String, path: String)] = []
    for name in try luaFiles(in: folder) { modules.append(("vmscript.\(name)", "\(name).lua")) }
    if access("\(folder)/internal", F_OK) == 0 {
      for name in try luaFiles(in: "\(folder)/internal") {
        modules.append(("internal.\(name)", "internal/\(name).lua"))
      }
    }
    let types = try luaFiles(in: metas).map { (name: $0, path: "\(metas)/\($0).lua") }
    return "enum EmbeddedStdlib {\n"
      + (try list("modules", modules.map { ($0.name, "\(folder)/\($0.path)") }))
      + (try list("metas", types)) + "}\n"
  }

  private func list(
    _ title: String, _ files: [(name: String, path: String)]
  ) throws(EmbedError) -> String {
    // StaticString literals: an array of 120 KB of bytes takes the compiler half a minute, a
    // literal nothing.
    var source = "  static let \(title): [(name: String, source: StaticString)] = [\n"
    for file in files {
      let text = String(decoding: try readFile(file.path), as: UTF8.self)
      try check(text, path: file.path)
      source += "    (name: \"\(file.name)\", source: \(literal(text))),\n"
    }
    return source + "  ]\n"
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
