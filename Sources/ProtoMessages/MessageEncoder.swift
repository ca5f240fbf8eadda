import Scripting

/// Writes a script's table as a message. Errors of kind usage name the message and the field.
public struct MessageEncoder {
  /// The field in which a decoded table keeps what its type does not know.
  static let unknownKey = "@unknown"

  /// The bytes of a message; the same table always gives the same ones: fields by number, maps by
  /// key.
  public static func encode(_ value: Value, as type: MessageType) throws(ScriptError) -> [UInt8] {
    try body(value, type, depth: 0)
  }

  static func body(
    _ value: Value, _ type: MessageType, depth: Int
  ) throws(ScriptError) -> [UInt8] {
    guard depth < MessageDecoder.maximumDepth else {
      throw .usage(
        "message \(type.name) is nested deeper than \(MessageDecoder.maximumDepth) levels")
    }
    if let known = type.wellKnown {
      return try fields(try WellKnownEncoder.table(value, known, type), type, depth)
    }
    guard case .table(let table) = value else {
      throw .usage("message \(type.name) wants a table, got \(value.shown)")
    }
    return try fields(table, type, depth)
  }

  private static func fields(
    _ table: Table, _ type: MessageType, _ depth: Int
  ) throws(ScriptError) -> [UInt8] {
    guard table.positions.isEmpty, table.entries.isEmpty else {
      throw .usage("message \(type.name) wants a table of named fields, got one with positions")
    }
    var given: [(index: Int, value: Value)] = []
    var unknown: [UInt8] = []
    for (name, value) in table.fields {
      if case .nil = value { continue }
      if let index = type.index(ofName: name) {
        given.append((index, value))
      } else if name == unknownKey, case .string(let bytes) = value {
        unknown = bytes
      } else {
        throw .usage(
          "message \(type.name) has no field '\(name)'"
            + Schema.hint(name, type.fields.map(\.name)))
      }
    }
    given.sort { $0.index < $1.index }
    try check(given.map(\.index), type)
    var out = WireWriter()
    for (index, value) in given {
      try write(value, type.fields[index], type, &out, depth)
    }
    out.raw(unknown)
    return out.bytes
  }

  /// One member of a oneof at most, and all that is required.
  private static func check(_ given: [Int], _ type: MessageType) throws(ScriptError) {
    var members: [Int: MessageField] = [:]
    for index in given {
      let field = type.fields[index]
      guard let oneof = field.oneof else { continue }
      if let other = members[oneof] {
        throw .usage(
          "message \(type.name) takes one of '\(other.name)' and '\(field.name)', not both"
            + " (oneof '\(type.oneofs[oneof])')")
      }
      members[oneof] = field
    }
    for (index, field) in type.fields.enumerated() where field.isRequired {
      guard given.contains(index) else {
        throw .usage("message \(type.name) needs field '\(field.name)'")
      }
    }
  }

  private static func write(
    _ value: Value, _ field: MessageField, _ type: MessageType, _ out: inout WireWriter,
    _ depth: Int
  ) throws(ScriptError) {
    let place = Place(type: type, field: field)
    if field.isMap {
      try writeMap(value, field.message!, place, &out, depth)
    } else if field.isRepeated {
      guard case .table(let table) = value, table.fields.isEmpty, table.entries.isEmpty else {
        throw place.wants("a list", value)
      }
      if field.isPacked {
        var run = WireWriter()
        for element in table.positions { try writeScalar(element, place, &run) }
        if table.positions.isEmpty { return }
        out.tag(field.number, .bytes)
        out.counted(run.bytes)
      } else {
        for element in table.positions { try writeOne(element, place, &out, depth) }
      }
    } else {
      // Where absence is not told from zero, zero is not written.
      if !field.hasPresence, !field.isRequired {
        var content = WireWriter()
        try writeScalar(value, place, &content)
        let isZero =
          switch field.kind.wireType {
          case .varint, .bytes: content.bytes == [0]
          default: content.bytes.allSatisfy { $0 == 0 }
          }
        if isZero { return }
        out.tag(field.number, field.kind.wireType)
        out.raw(content.bytes)
        return
      }
      try writeOne(value, place, &out, depth)
    }
  }

  /// A value with its tag.
  private static func writeOne(
    _ value: Value, _ place: Place, _ out: inout WireWriter, _ depth: Int
  ) throws(ScriptError) {
    let field = place.field
    out.tag(field.number, field.kind.wireType)
    switch field.kind {
    case .message: out.counted(try body(value, field.message!, depth: depth + 1))
    case .group:
      out.raw(try body(value, field.message!, depth: depth + 1))
      out.tag(field.number, .endGroup)
    default: try writeScalar(value, place, &out)
    }
  }

  /// Each entry is a message of its own, with the key as field 1 and the value as field 2.
  private static func writeMap(
    _ value: Value, _ entry: MessageType, _ place: Place, _ out: inout WireWriter, _ depth: Int
  ) throws(ScriptError) {
    guard case .table(let table) = value, let key = entry.field(1), let content = entry.field(2)
    else { throw place.wants("a table", value) }
    var pairs: [(key: Value, value: Value)] = []
    for (index, value) in table.positions.enumerated() {
      pairs.append((.integer(Int64(index + 1)), value))
    }
    for (name, value) in table.fields { pairs.append((.string(name), value)) }
    for (number, value) in table.entries { pairs.append((.integer(number), value)) }
    for (name, value) in pairs {
      var body = WireWriter()
      let keyPlace = Place(type: place.type, field: key, name: "the keys of \(place.field.name)")
      let name = key.kind == .bool ? boolean(name) : name
      try writeOne(name, keyPlace, &body, depth)
      let valuePlace = Place(
        type: place.type, field: content, name: "\(place.field.name)[\(name.shown)]")
      try writeOne(value, valuePlace, &body, depth)
      out.tag(place.field.number, .bytes)
      out.counted(body.bytes)
    }
  }

  /// Tables that come from scripts have no boolean keys: their names stand for them.
  private static func boolean(_ key: Value) -> Value {
    switch key.text {
    case "true": .boolean(true)
    case "false": .boolean(false)
    default: key
    }
  }
}
