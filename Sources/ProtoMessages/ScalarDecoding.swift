import Scripting

extension MessageDecoder {
  /// A value whose tag was read.
  func scalar(_ field: MessageField, _ reader: inout WireReader) throws(WireError) -> Value {
    switch field.kind {
    case .double: return .number(Double(bitPattern: try reader.fixed64()))
    case .float: return .number(Double(Float(bitPattern: try reader.fixed32())))
    case .int64: return .integer(Int64(bitPattern: try reader.varint()))
    case .uint64: return Self.unsigned(try reader.varint())
    case .int32: return .integer(Int64(Int32(truncatingIfNeeded: try reader.varint())))
    case .uint32: return .integer(Int64(UInt32(truncatingIfNeeded: try reader.varint())))
    case .fixed64: return Self.unsigned(try reader.fixed64())
    case .fixed32: return .integer(Int64(try reader.fixed32()))
    case .sfixed64: return .integer(Int64(bitPattern: try reader.fixed64()))
    case .sfixed32: return .integer(Int64(Int32(bitPattern: try reader.fixed32())))
    case .sint32:
      let raw = UInt32(truncatingIfNeeded: try reader.varint())
      return .integer(Int64(Int32(bitPattern: raw >> 1) ^ -Int32(bitPattern: raw & 1)))
    case .sint64:
      let raw = try reader.varint()
      return .integer(Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1))
    case .bool: return .boolean(try reader.varint() != 0)
    case .enumeration:
      let number = Int32(truncatingIfNeeded: try reader.varint())
      return field.enumeration?.value(number) ?? .integer(Int64(number))
    case .bytes: return .string(Array(reader.bytes[try reader.range()]))
    case .string:
      let bytes = Array(reader.bytes[try reader.range()])
      if field.validatesUTF8 && String(validating: bytes, as: UTF8.self) == nil {
        throw WireError("string '\(field.name)' is not UTF-8")
      }
      return .string(bytes)
    case .message, .group: return .nil  // not a scalar
    }
  }

  /// What Lua's integers cannot hold is a string of digits.
  static func unsigned(_ number: UInt64) -> Value {
    Int64(exactly: number).map { .integer($0) } ?? .string(String(number))
  }
}
