import Glibc
import Scripting

/// Where `require` looks: beside the script, in VMSCRIPT_PATH, where Lua itself looks (LUA_PATH and
/// the system's LuaRocks trees among it), and in the user's LuaRocks tree.
enum SearchPaths {
  static func install(in lua: Interpreter, script: String?) {
    var folders: [String] = []
    if let script {
      folders.append(script.lastIndex(of: "/").map { String(script[..<$0]) } ?? ".")
    }
    if let path = getenv("VMSCRIPT_PATH") {
      folders += String(cString: path).split(whereSeparator: { $0 == ":" || $0 == ";" })
        .map(String.init)
    }
    let home = getenv("HOME").map { String(cString: $0) }
    let (path, cpath) = (lua.searchPath("path"), lua.searchPath("cpath"))
    var paths = folders.flatMap(sources) + [path]
    var cpaths = folders.map { $0.contains("?") ? "" : $0 + "/?.so" } + [cpath]
    if let home {
      paths += sources(home + "/.luarocks/share/lua/5.4")
      cpaths.append(home + "/.luarocks/lib/lua/5.4/?.so")
    }
    lua.setSearchPath("path", join(paths))
    lua.setSearchPath("cpath", join(cpaths))
  }

  /// A folder, or a template of Lua's.
  private static func sources(_ folder: String) -> [String] {
    folder.contains("?") ? [folder] : [folder + "/?.lua", folder + "/?/init.lua"]
  }

  private static func join(_ paths: [String]) -> String {
    paths.filter { !$0.isEmpty }.joined(separator: ";")
  }
}
