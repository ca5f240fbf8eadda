import Scripting

/// Reads messages into tables. The bytes may come from anybody: nesting and the number of values
/// are bounded, since two bytes can ask for a table with many fields.
public struct MessageDecoder {
  static let maximumDepth = 100
  static let maximumValues = 4 << 20
  static let tooDeep = WireError("it is nested deeper than \(maximumDepth) levels")

  private var values = 0

  private init() {}

  public static func decode(_ bytes: [UInt8], as type: MessageType) throws(WireError) -> Value {
    var decoder = MessageDecoder()
    do throws(WireError) {
      return try decoder.message(WireReader(bytes), type, depth: 0)
    } catch {
      throw WireError("this is no message \(type.name): \(error.message)")
    }
  }

  /// What has been read of a message.
  private struct Parts {
    var single: [Value?]
    var lists: [Int: [Value]] = [:]
    var maps: [Int: MapParts] = [:]
    /// The bytes of messages: of one that comes twice, the second goes on where the first ended.
    var bodies: [Int: WireReader] = [:]
    var unknown: [UInt8] = []
  }

  mutating func message(
    _ input: WireReader, _ type: MessageType, depth: Int
  ) throws(WireError) -> Value {
    guard depth < Self.maximumDepth else { throw Self.tooDeep }
    var reader = input
    var parts = Parts(single: Array(repeating: nil, count: type.fields.count))
    while !reader.isAtEnd {
      let start = reader.position
      let tag = try reader.tag()
      if let index = type.index(ofNumber: tag.number),
        try read(tag, index, type, &reader, &parts, depth)
      {
        continue
      }
      try reader.skip(tag, depth: depth)
      parts.unknown += reader.bytes[start..<reader.position]
    }
    for (index, body) in parts.bodies {
      let inner = type.fields[index].message!
      parts.single[index] = try message(body, inner, depth: depth + 1)
    }
    let table = try assemble(parts, type)
    guard let known = type.wellKnown else { return .table(table) }
    return try WellKnownDecoder.value(table, known, type, &self, depth)
  }

  /// Reads one field; false if it is not written as its type is, and so counts as unknown.
  private mutating func read(
    _ tag: WireReader.Tag, _ index: Int, _ type: MessageType, _ reader: inout WireReader,
    _ parts: inout Parts, _ depth: Int
  ) throws(WireError) -> Bool {
    let field = type.fields[index]
    if field.isRepeated, field.kind.isPackable, tag.type == .bytes {
      var run = WireReader(reader.bytes, try reader.range())
      while !run.isAtEnd {
        try count()
        parts.lists[index, default: []].append(try scalar(field, &run))
      }
      return true
    }
    guard tag.type == field.kind.wireType else { return false }
    try count()
    switch field.kind {
    case .message, .group:
      let range =
        try field.kind == .message
        ? reader.range() : reader.group(field.number, depth: depth)
      let body = WireReader(reader.bytes, range)
      if field.isMap {
        try entry(body, field.message!, &parts.maps[index, default: MapParts()], depth)
      } else if field.isRepeated {
        parts.lists[index, default: []].append(
          try message(body, field.message!, depth: depth + 1))
      } else {
        choose(field, type, &parts)
        if let before = parts.bodies[index] {
          let all = before.bytes[before.position..<before.end] + body.bytes[range]
          parts.bodies[index] = WireReader(Array(all))
        } else {
          parts.bodies[index] = body
        }
      }
    default:
      let value = try scalar(field, &reader)
      if field.isRepeated {
        parts.lists[index, default: []].append(value)
      } else {
        choose(field, type, &parts)
        parts.single[index] = value
      }
    }
    return true
  }

  /// The last member of a oneof is the one that counts.
  private func choose(_ field: MessageField, _ type: MessageType, _ parts: inout Parts) {
    guard let oneof = field.oneof else { return }
    for (index, other) in type.fields.enumerated() where other.oneof == oneof && other !== field {
      parts.single[index] = nil
      parts.bodies[index] = nil
    }
  }

  private mutating func entry(
    _ body: WireReader, _ type: MessageType, _ map: inout MapParts, _ depth: Int
  ) throws(WireError) {
    guard case .table(let pair) = try message(body, type, depth: depth + 1) else { return }
    // An entry without a value has its type's zero.
    var value = pair["value"]
    if case .nil = value, let field = type.field(2), field.message?.wellKnown != .value {
      value =
        if let inner = field.message {
          try message(WireReader([]), inner, depth: depth + 1)
        } else {
          field.zero
        }
    }
    map.set(pair["key"], value, isDefaultString: type.field(1)?.kind == .string)
  }

  private mutating func assemble(_ parts: Parts, _ type: MessageType) throws(WireError) -> Table {
    var table = Table()
    table.fields.reserveCapacity(type.fields.count)
    for (index, field) in type.fields.enumerated() {
      if let value = parts.single[index] {
        table.fields.append((field.name, value))
      } else if let list = parts.lists[index] {
        table.fields.append((field.name, .table(Table(positions: list))))
      } else if let map = parts.maps[index] {
        table.fields.append((field.name, .table(map.table)))
      } else if let value = field.absence {
        try count()
        table.fields.append((field.name, value))
      } else if field.isRequired {
        throw WireError("field '\(type.name).\(field.name)' is required and not there")
      }
    }
    if !parts.unknown.isEmpty {
      table.fields.append((MessageEncoder.unknownKey, .string(parts.unknown)))
    }
    return table
  }

  private mutating func count() throws(WireError) {
    values += 1
    if values > Self.maximumValues {
      throw WireError("it has more than \(Self.maximumValues) values")
    }
  }
}
