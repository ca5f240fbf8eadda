import Scripting

extension MessageEncoder {
  /// A value without a tag.
  static func writeScalar(
    _ value: Value, _ place: Place, _ out: inout WireWriter
  ) throws(ScriptError) {
    let kind = place.field.kind
    switch (kind, value) {
    case (.bool, .boolean(let flag)): out.varint(flag ? 1 : 0)
    case (.string, .string(let bytes)):
      guard String(validating: bytes, as: UTF8.self) != nil else {
        throw place.wants("valid UTF-8 (a field of type bytes takes any)", value)
      }
      out.counted(bytes)
    case (.bytes, .string(let bytes)): out.counted(bytes)
    case (.double, .integer(let number)): out.fixed64(Double(number).bitPattern)
    case (.double, .number(let number)): out.fixed64(number.bitPattern)
    case (.float, .integer(let number)): out.fixed32(Float(number).bitPattern)
    case (.float, .number(let number)):
      let float = Float(number)
      guard float.isFinite || !number.isFinite else { throw place.wants(kind.shown, value) }
      out.fixed32(float.bitPattern)
    case (.enumeration, _): out.varint(UInt64(bitPattern: Int64(try enumeration(value, place))))
    case (.bool, _), (.string, _), (.bytes, _), (.double, _), (.float, _), (.message, _),
      (.group, _):
      throw place.wants(kind.shown, value)
    default: try writeInteger(value, place, &out)
    }
  }

  private static func writeInteger(
    _ value: Value, _ place: Place, _ out: inout WireWriter
  ) throws(ScriptError) {
    switch place.field.kind {
    case .int32: out.varint(UInt64(bitPattern: Int64(try integer(value, place) as Int32)))
    case .int64: out.varint(UInt64(bitPattern: try integer(value, place) as Int64))
    case .uint32: out.varint(UInt64(try integer(value, place) as UInt32))
    case .uint64: out.varint(try integer(value, place))
    case .sint32:
      let number: Int32 = try integer(value, place)
      out.varint(UInt64(UInt32(bitPattern: number << 1 ^ number >> 31)))
    case .sint64:
      let number: Int64 = try integer(value, place)
      out.varint(UInt64(bitPattern: number << 1 ^ number >> 63))
    case .fixed32: out.fixed32(try integer(value, place))
    case .sfixed32: out.fixed32(UInt32(bitPattern: try integer(value, place)))
    case .fixed64: out.fixed64(try integer(value, place))
    default: out.fixed64(UInt64(bitPattern: try integer(value, place)))
    }
  }

  /// A whole number, a float that is one, or a string of digits.
  private static func integer<Number: FixedWidthInteger>(
    _ value: Value, _ place: Place
  ) throws(ScriptError) -> Number {
    let number: Number? =
      switch value {
      case .integer(let number): Number(exactly: number)
      case .number(let number): Number(exactly: number)
      case .string: value.text.flatMap { Number($0) }
      default: nil
      }
    guard let number else { throw place.wants(place.field.kind.shown, value) }
    return number
  }

  private static func enumeration(_ value: Value, _ place: Place) throws(ScriptError) -> Int32 {
    switch value {
    case .integer, .number: return try integer(value, place)
    case .string:
      let type = place.field.enumeration!
      if let number = type.number(value.text!) { return number }
      var error = place.wants("a value of enum \(type.name)", value)
      error.message += Schema.hint(value.text!, type.names)
      throw error
    default: throw place.wants(place.field.kind.shown, value)
    }
  }
}
