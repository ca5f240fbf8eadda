import Scripting

/// Turns the fields of protobuf's own types into what scripts read.
enum WellKnownDecoder {
  static func value(
    _ table: Table, _ known: WellKnownType, _ type: MessageType, _ decoder: inout MessageDecoder,
    _ depth: Int
  ) throws(WireError) -> Value {
    switch known {
    case .timestamp, .duration: return time(table)
    case .wrapper: return table["value"]
    case .structure: return table["fields"]
    case .list: return table["values"]
    case .fieldMask: return table["paths"]
    case .value:
      // Of its members one at most is there. Null, as in json.decode, is nil.
      let given = table.fields.first { $0.key != "null_value" && $0.key != "@unknown" }
      return given?.value ?? .nil
    case .any: return try any(table, type, &decoder, depth)
    }
  }

  /// A whole number of seconds, or a float.
  private static func time(_ table: Table) -> Value {
    guard case .integer(let seconds) = table["seconds"], case .integer(let nanos) = table["nanos"]
    else { return .nil }
    return nanos == 0 ? .integer(seconds) : .number(Double(seconds) + Double(nanos) / 1e9)
  }

  private static func any(
    _ table: Table, _ type: MessageType, _ decoder: inout MessageDecoder, _ depth: Int
  ) throws(WireError) -> Value {
    guard let url = table["type_url"].text, case .string(let bytes) = table["value"] else {
      return .table(table)
    }
    let prefix = "type.googleapis.com/"
    let name = url.hasPrefix(prefix) ? String(url.dropFirst(prefix.count)) : url
    let last = url.lastIndex(of: "/").map { String(url[url.index(after: $0)...]) } ?? url
    guard let inner = type.schema.messages[last] else {
      return .table(Table(fields: [("@type", .string(name)), ("value", .string(bytes))]))
    }
    let content = try decoder.message(WireReader(bytes), inner, depth: depth + 1)
    guard inner.wellKnown == nil, case .table(var result) = content else {
      return .table(Table(fields: [("@type", .string(name)), ("value", content)]))
    }
    result.fields.append(("@type", .string(name)))
    return .table(result)
  }
}
