/// The message types of protobuf itself that are not written as tables of their fields.
enum WellKnownType {
  case timestamp, duration, wrapper, structure, value, list, any, fieldMask

  init?(_ name: String) {
    guard name.hasPrefix("google.protobuf.") else { return nil }
    switch name.dropFirst("google.protobuf.".count) {
    case "Timestamp": self = .timestamp
    case "Duration": self = .duration
    case "Struct": self = .structure
    case "Value": self = .value
    case "ListValue": self = .list
    case "Any": self = .any
    case "FieldMask": self = .fieldMask
    case "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value",
      "BoolValue", "StringValue", "BytesValue":
      self = .wrapper
    default: return nil
    }
  }
}
