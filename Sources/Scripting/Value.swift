/// A Lua value, copied out of the interpreter.
public enum Value {
  case `nil`
  case boolean(Bool)
  case integer(Int64)
  case number(Double)
  /// Lua strings are bytes.
  case string([UInt8])
  case table(Table)
  case object(any ScriptObject)
  /// What stays in the interpreter: a function, a thread, a foreign userdata; Lua's type name.
  case other(String)

  public static func string(_ text: String) -> Value { .string(Array(text.utf8)) }

  /// A string as text; invalid UTF-8 is repaired. Numbers count, as they do in Lua.
  public var text: String? {
    switch self {
    case .string(let bytes): String(decoding: bytes, as: UTF8.self)
    case .integer(let number): String(number)
    case .number(let number): String(number)
    default: nil
    }
  }

  /// A string's bytes, or a number's text.
  public var bytes: [UInt8]? {
    if case .string(let bytes) = self { bytes } else { text.map { Array($0.utf8) } }
  }

  public var typeName: String {
    switch self {
    case .nil: "nil"
    case .boolean: "boolean"
    case .integer, .number: "number"
    case .string: "string"
    case .table: "table"
    case .object(let object): type(of: object).typeName
    case .other(let name): name
    }
  }

  /// The value as an error message shows it: short, on one line.
  public var shown: String {
    switch self {
    case .nil: "nil"
    case .boolean(let flag): String(flag)
    case .integer, .number: text!
    case .string(let bytes):
      "'"
        + String(decoding: bytes.prefix(60), as: UTF8.self).map {
          $0.isNewline ? " " : String($0)
        }.joined() + (bytes.count > 60 ? "…'" : "'")
    default: "a \(typeName)"
    }
  }
}

/// A copy of a Lua table: positions 1…n, and the rest sorted, so that the same table always gives
/// the same order. Metatables are not consulted.
public struct Table {
  public var positions: [Value] = []
  /// String keys, sorted by their bytes.
  public var fields: [(key: String, value: Value)] = []
  /// Integer keys outside 1…n, sorted.
  public var entries: [(key: Int64, value: Value)] = []

  public init(positions: [Value] = [], fields: [(key: String, value: Value)] = []) {
    self.positions = positions
    self.fields = fields
  }

  public subscript(_ name: String) -> Value {
    fields.first { $0.key == name }?.value ?? .nil
  }

  public var isEmpty: Bool { positions.isEmpty && fields.isEmpty && entries.isEmpty }
}
