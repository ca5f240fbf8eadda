import Machines
import Scripting

/// What JSON has and no Lua table can say: `json.null`, and `json.object {}`, which is an object
/// though it be empty.
final class JSONLiteral: ScriptObject {
  static let typeName = "json"
  let json: JSON

  private init(_ json: JSON) { self.json = json }

  nonisolated(unsafe) static let null = JSONLiteral(.null)

  static func object(_ call: Call) throws(ScriptError) -> Int {
    guard case .table(let table) = try call.value(1), table.positions.isEmpty else {
      throw .usage("json.object wants a table with names, got \(try call.value(1).shown)")
    }
    let json = table.isEmpty ? JSON.object([]) : try JSON(.table(table))
    return call.results(.object(JSONLiteral(json)))
  }

  var shown: String { "json \(json)" }
}
