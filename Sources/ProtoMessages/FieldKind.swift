/// The types of fields, numbered as `FieldDescriptorProto.Type` numbers them.
enum FieldKind: Int {
  case double = 1
  case float, int64, uint64, int32, fixed64, fixed32, bool, string, group, message, bytes, uint32
  case enumeration, sfixed32, sfixed64, sint32, sint64

  var wireType: WireType {
    switch self {
    case .double, .fixed64, .sfixed64: .fixed64
    case .float, .fixed32, .sfixed32: .fixed32
    case .string, .bytes, .message: .bytes
    case .group: .startGroup
    default: .varint
    }
  }

  /// Values of these stand in one run, if the field is packed.
  var isPackable: Bool { wireType != .bytes && wireType != .startGroup }

  /// What messages call it, with its range.
  var shown: String {
    switch self {
    case .int32, .sint32, .sfixed32: "an \(name) (-2147483648 to 2147483647)"
    case .uint32, .fixed32: "a \(name) (0 to 4294967295)"
    case .int64, .sint64, .sfixed64:
      "an \(name) (a whole number; a string of digits will do)"
    case .uint64, .fixed64:
      "a \(name) (a whole number from 0; beyond 9223372036854775807 a string of digits)"
    case .bool: "true or false"
    case .string: "a string in UTF-8"
    case .bytes: "a string (of bytes)"
    case .float: "a number that a float can hold"
    case .double: "a number"
    case .enumeration: "the name or number of an enum's value"
    case .message, .group: "a table"
    }
  }

  private var name: String { "\(self)" }
}
