import Scripting

/// The entries of a map field, of which the last with a key counts.
struct MapParts {
  private var byName: [String: Value] = [:]
  private var byNumber: [Int64: Value] = [:]

  mutating func set(_ key: Value, _ value: Value, isDefaultString: Bool) {
    switch key {
    case .integer(let number): byNumber[number] = value
    case .boolean(let flag): byName[String(flag)] = value
    case .nil:
      if isDefaultString { byName[""] = value } else { byNumber[0] = value }
    default: byName[key.text ?? ""] = value
    }
  }

  var table: Table {
    var table = Table()
    table.fields = byName.map { ($0.key, $0.value) }.sorted { $0.key < $1.key }
    table.entries = byNumber.map { ($0.key, $0.value) }.sorted { $0.key < $1.key }
    return table
  }
}
