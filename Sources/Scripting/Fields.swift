/// The named fields of the one table a constructor takes, each asked for with the type it must
/// have; errors name the constructor, the field and what it wants.
public struct Fields {
  public let what: String
  public let table: Table

  /// The table at argument `index` (an absent one is empty). Throws at a field that is not in
  /// `known`, with the nearest one that is.
  public init(_ call: Call, _ index: Int, of what: String, known: [String]) throws(ScriptError) {
    guard !call.isAbsent(index) else {
      self.init(Table(), of: what)
      return
    }
    guard case .table(let table) = try call.value(index) else {
      throw .usage("\(what) wants a table of fields, got \(call.typeName(index))")
    }
    try self.init(table, of: what, known: known)
  }

  public init(_ table: Table, of what: String, known: [String]) throws(ScriptError) {
    self.init(table, of: what)
    for (key, _) in table.fields where !known.contains(key) {
      throw .usage("\(what) has no field '\(key)'" + Spelling.hint(key, among: known.sorted()))
    }
    if let entry = table.entries.first {
      throw .usage("\(what) has no field [\(entry.key)]; positions are counted from 1 without gaps")
    }
  }

  private init(_ table: Table, of what: String) {
    self.what = what
    self.table = table
  }

  public func isGiven(_ name: String) -> Bool {
    if case .nil = table[name] { false } else { true }
  }

  public func wrong(_ name: String, _ wanted: String) -> ScriptError {
    .usage("\(what): field '\(name)' wants \(wanted), got \(table[name].shown)")
  }

  public func string(_ name: String) throws(ScriptError) -> String? {
    switch table[name] {
    case .nil: return nil
    case .string(let bytes):
      guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else {
        throw wrong(name, "text in UTF-8 without zero bytes")
      }
      return table[name].text
    default: throw wrong(name, "a string")
    }
  }

  public func boolean(_ name: String) throws(ScriptError) -> Bool? {
    switch table[name] {
    case .nil: return nil
    case .boolean(let flag): return flag
    default: throw wrong(name, "true or false")
    }
  }

  public func integer(_ name: String, in range: ClosedRange<Int64>) throws(ScriptError) -> Int64? {
    switch table[name] {
    case .nil: return nil
    case .integer(let number) where range.contains(number): return number
    default:
      throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// Seconds, at least 0.
  public func seconds(_ name: String) throws(ScriptError) -> Double? {
    switch table[name] {
    case .nil: return nil
    case .integer(let number) where number >= 0: return Double(number)
    case .number(let number) where number >= 0: return number
    default: throw wrong(name, "a number of seconds")
    }
  }

  public func table(_ name: String) throws(ScriptError) -> Table? {
    switch table[name] {
    case .nil: return nil
    case .table(let table): return table
    default: throw wrong(name, "a table")
    }
  }

  /// A size with its unit, `"512M"` or `"1.5G"` (powers of 1024), in bytes.
  public func size(_ name: String) throws(ScriptError) -> UInt64? {
    let wanted = "a string with a unit, such as '512M' or '2G'"
    guard isGiven(name) else { return nil }
    guard case .string = table[name], let bytes = Self.size(table[name].text ?? "") else {
      throw wrong(name, wanted)
    }
    guard bytes < 0x1p62 else { throw wrong(name, "less than 4 EiB") }
    return UInt64(bytes)
  }

  /// The same of a text; nil if it is none, or too large.
  public static func bytes(_ text: String) -> UInt64? {
    size(text).flatMap { $0 < 0x1p62 ? UInt64($0) : nil }
  }

  private static func size(_ text: String) -> Double? {
    guard let unit = text.last,
      let shift = ["K": 10, "M": 20, "G": 30, "T": 40][unit.uppercased()],
      let number = Double(text.dropLast()), number > 0, number < 1e9
    else { return nil }
    return number * Double(UInt64(1) << UInt64(shift))
  }

  /// A table of names and strings, such as an environment; `false` for a value means "none".
  public func strings(_ name: String) throws(ScriptError) -> [String: String?] {
    var result: [String: String?] = [:]
    for (key, value) in try table(name)?.fields ?? [] {
      guard !key.isEmpty, !key.contains("="), !key.utf8.contains(0) else {
        throw .usage(
          "\(what): field '\(name)' has the key '\(key)': a variable's name is not empty and has no '='"
        )
      }
      switch value {
      case .boolean(false): result[key] = .some(nil)
      case .string(let bytes)
      where bytes.contains(0) || String(validating: bytes, as: UTF8.self) == nil:
        throw .usage(
          "\(what): field '\(name).\(key)' wants text in UTF-8 without zero bytes, got \(value.shown)"
        )
      case .string, .integer, .number: result[key] = value.text
      default:
        throw .usage(
          "\(what): field '\(name).\(key)' wants a string, or false for none, got \(value.shown)")
      }
    }
    return result
  }
}
