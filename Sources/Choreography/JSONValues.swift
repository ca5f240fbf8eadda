import Machines
import Scripting

/// Lua's values and JSON's.
extension Value {
  /// JSON's null becomes nil: a field that is absent.
  init(_ json: JSON) {
    switch json {
    case .null: self = .nil
    case .bool(let flag): self = .boolean(flag)
    case .integer(let number): self = .integer(number)
    case .number(let number): self = .number(number)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .table(Table(positions: elements.map { Value($0) }))
    case .object(let members):
      self = .table(Table(fields: members.map { ($0.name, Value($0.value)) }))
    }
  }
}

extension JSON {
  /// A table with positions is an array, with names an object, an empty one an array.
  init(_ value: Scripting.Value) throws(ScriptError) {
    switch value {
    case .nil: self = .null
    case .boolean(let flag): self = .bool(flag)
    case .integer(let number): self = .integer(number)
    case .number(let number):
      guard number.isFinite else { throw .usage("JSON has no \(number)") }
      self = .number(number)
    case .string: self = .string(value.text!)
    case .table(let table):
      guard table.entries.isEmpty, table.positions.isEmpty || table.fields.isEmpty else {
        throw .usage("a table for JSON has either positions 1…n or string keys, not both")
      }
      if table.fields.isEmpty {
        var elements: [JSON] = []
        for element in table.positions { elements.append(try JSON(element)) }
        self = .array(elements)
      } else {
        var members: [Member] = []
        for (key, field) in table.fields { members.append(Member(key, try JSON(field))) }
        self = .object(members)
      }
    case .object(let object):
      guard let literal = object as? JSONLiteral else {
        throw .usage("JSON cannot hold a \(value.typeName)")
      }
      self = literal.json
    case .other: throw .usage("JSON cannot hold a \(value.typeName)")
    }
  }
}
