import Scripting

/// Turns what scripts write for protobuf's own types into tables of those types' fields.
enum WellKnownEncoder {
  static func table(
    _ value: Value, _ known: WellKnownType, _ type: MessageType
  ) throws(ScriptError) -> Table {
    switch known {
    case .timestamp: return try time(value, type, -62_135_596_800...253_402_300_799)
    case .duration: return try time(value, type, -315_576_000_000...315_576_000_000)
    case .wrapper: return Table(fields: [("value", value)])
    case .structure:
      guard case .table(let table) = value, table.positions.isEmpty, table.entries.isEmpty else {
        throw wants(type, "a table with string keys", value)
      }
      return Table(fields: [("fields", value)])
    case .list:
      guard case .table(let table) = value, table.fields.isEmpty, table.entries.isEmpty else {
        throw wants(type, "a list", value)
      }
      return Table(fields: [("values", value)])
    case .value: return Table(fields: [try member(value, type)])
    case .fieldMask: return try mask(value, type)
    case .any: return try any(value, type)
    }
  }

  private static func wants(
    _ type: MessageType, _ wanted: String, _ value: Value
  ) -> ScriptError {
    .usage("message \(type.name) wants \(wanted), got \(value.shown)")
  }

  /// Seconds, whole or not, or a table of both fields.
  private static func time(
    _ value: Value, _ type: MessageType, _ range: ClosedRange<Int64>
  ) throws(ScriptError) -> Table {
    var seconds: Int64
    var nanos: Int64 = 0
    switch value {
    case .table(let table): return table
    case .integer(let number): seconds = number
    case .number(let number) where abs(number) < 1e15:
      // A time counts its nanoseconds forward, a duration away from zero.
      let whole = number.rounded(type.wellKnown == .timestamp ? .down : .towardZero)
      seconds = Int64(whole)
      nanos = Int64(((number - whole) * 1e9).rounded())
      if abs(nanos) == 1_000_000_000 {
        seconds += nanos.signum()
        nanos = 0
      }
    default: throw wants(type, "a number of seconds", value)
    }
    guard range.contains(seconds) else {
      throw wants(type, "seconds from \(range.lowerBound) to \(range.upperBound)", value)
    }
    return Table(fields: [("seconds", .integer(seconds)), ("nanos", .integer(nanos))])
  }

  private static func member(
    _ value: Value, _ type: MessageType
  ) throws(ScriptError) -> (key: String, value: Value) {
    switch value {
    case .nil: return ("null_value", .integer(0))
    case .boolean: return ("bool_value", value)
    case .integer, .number: return ("number_value", value)
    case .string: return ("string_value", value)
    case .table(let table) where table.fields.isEmpty: return ("list_value", value)
    case .table: return ("struct_value", value)
    case .object, .other: throw wants(type, "what JSON can hold", value)
    }
  }

  private static func mask(_ value: Value, _ type: MessageType) throws(ScriptError) -> Table {
    switch value {
    case .string:
      let paths = value.text!.split(separator: ",").map { Value.string(String($0)) }
      return Table(fields: [("paths", .table(Table(positions: paths)))])
    case .table: return Table(fields: [("paths", value)])
    default: throw wants(type, "a list of paths", value)
    }
  }

  /// `{ ["@type"] = "package.Type", … }` with that type's fields, or with `value` if it is one of
  /// protobuf's own; of a type that the schema does not know, its bytes in `value`.
  private static func any(_ value: Value, _ type: MessageType) throws(ScriptError) -> Table {
    guard case .table(var table) = value, case .string = table["@type"],
      let name = table["@type"].text
    else {
      throw wants(type, "a table with the name of its type in [\"@type\"]", value)
    }
    table.fields.removeAll { $0.key == "@type" }
    let url = name.contains("/") ? name : "type.googleapis.com/\(name)"
    let typeName = String(url[url.index(after: url.lastIndex(of: "/")!)...])
    let content: [UInt8]
    if type.schema.hasMessage(typeName) {
      let inner = try type.schema.message(typeName)
      let isPlain = inner.wellKnown == nil
      content = try MessageEncoder.encode(isPlain ? .table(table) : table["value"], as: inner)
    } else if case .string(let bytes) = table["value"], table.fields.count == 1 {
      content = bytes
    } else {
      throw .usage(
        "the schema has no type '\(typeName)' for an Any: give its bytes in field 'value'")
    }
    return Table(fields: [("type_url", .string(url)), ("value", .string(content))])
  }
}
