extension JSON: CustomStringConvertible {
  /// As JSON text on one line, members in their order, nothing but ASCII control characters, quotes
  /// and backslashes escaped. Numbers that JSON cannot say (NaN, infinities) become null.
  public var encoded: String { encoded(indent: nil) }

  /// The same on several lines, each level moved in by `indent` spaces.
  public func encoded(indent: Int?) -> String {
    var writer = JSONWriter(indent: indent)
    writer.write(self, level: 0)
    return writer.text
  }

  public var description: String { encoded }
}

private struct JSONWriter {
  let indent: Int?
  var text = ""

  mutating func write(_ value: JSON, level: Int) {
    switch value {
    case .null: text += "null"
    case .bool(let bool): text += bool ? "true" : "false"
    case .integer(let integer): text += String(integer)
    case .number(let number): text += number.isFinite ? number.description : "null"
    case .string(let string): write(string)
    case .array(let elements):
      writeList("[", "]", count: elements.count, level: level) { writer, index in
        writer.write(elements[index], level: level + 1)
      }
    case .object(let members):
      writeList("{", "}", count: members.count, level: level) { writer, index in
        writer.write(members[index].name)
        writer.text += writer.indent == nil ? ":" : ": "
        writer.write(members[index].value, level: level + 1)
      }
    }
  }

  private mutating func writeList(
    _ open: String, _ close: String, count: Int, level: Int,
    _ element: (inout JSONWriter, Int) -> Void
  ) {
    text += open
    for index in 0..<count {
      if index > 0 { text += "," }
      startLine(level + 1)
      element(&self, index)
    }
    if count > 0 { startLine(level) }
    text += close
  }

  private mutating func startLine(_ level: Int) {
    guard let indent else { return }
    text += "\n" + String(repeating: " ", count: indent * level)
  }

  private mutating func write(_ string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..."\u{1f}", "\u{7f}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
