import Scripting

/// `vmscript check`: looks for mistakes in scripts without running them. The types by which it knows
/// them are those that editors get (docs/meta); the work is Lua's, in stdlib/internal/script_check.lua.
public struct ScriptCheck {
  private struct Complaint {
    var file: Int
    var line: Int
    var column: Int
    var text: String
  }
  private var found: [Complaint] = []
  private let paths: [String]
  /// Whether a file could not be read, or does not parse.
  private var isAnyBroken = false

  /// Checks files together: what one of them makes global, the others may use.
  public init(paths: [String]) {
    self.paths = paths
    let lua = Interpreter { fatalError("no memory for Lua") }
    defer { lua.close() }
    for module in EmbeddedStdlib.modules where module.name.hasPrefix("internal.") {
      lua.preload(module.name, source: module.source)
    }
    let notes = Notes()
    lua.pushTable()
    lua.setField("paths") { call in call.results(Self.list(paths)) }
    lua.setField("metas") { call in
      call.results(Self.list(EmbeddedStdlib.metas.map { "\($0.source)" }))
    }
    lua.setField("read") { call in
      do throws(ScriptError) {
        return call.results(.string(try HostFile.read(call.text(1) ?? "")))
      } catch {
        return call.results(.nil, .string(error.message))
      }
    }
    lua.setField("hint") { call throws(ScriptError) in
      guard case .table(let known) = try call.value(2) else { return 0 }
      let names = known.positions.compactMap(\.text)
      return call.results(.string(Spelling.hint(call.text(1) ?? "", among: names)))
    }
    lua.setField("complain") { call in
      notes.found.append(
        Complaint(
          file: paths.firstIndex(of: call.text(1) ?? "") ?? 0, line: Int(call.number(2) ?? 0),
          column: Int(call.number(3) ?? 0), text: call.text(4) ?? ""))
      if call.boolean(5) { notes.isAnyBroken = true }
      return 0
    }
    lua.nameTop("vmscript_host")
    lua.runOwn("require 'internal.script_check' (vmscript_host)", name: "check")
    found = notes.found
    isAnyBroken = notes.isAnyBroken
  }

  private final class Notes {
    var found: [Complaint] = []
    var isAnyBroken = false
  }

  private static func list(_ texts: [String]) -> Value {
    .table(Table(positions: texts.map { .string($0) }))
  }

  /// Lines such as "a.lua:3:10: microvm has no field 'memry'; did you mean 'memory'?", in the order of
  /// the files.
  public var complaints: [String] {
    found.sorted { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }.map { each in
      let place = [each.line, each.column].filter { $0 > 0 }.map { ":\($0)" }.joined()
      return "\(paths[each.file])\(place): \(each.text)"
    }
  }

  /// 0 nothing found, 1 mistakes, 2 a file that cannot be read or does not parse.
  public var status: Int32 { isAnyBroken ? 2 : found.isEmpty ? 0 : 1 }
}
