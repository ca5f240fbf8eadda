import Scripting

/// What a script looks for on a console: text that matches itself, or a Lua pattern.
struct ConsoleText {
  var bytes: [UInt8]
  var isPattern: Bool

  /// A string, or `pattern "…"`.
  init(_ call: Call, _ index: Int, of function: String) throws(ScriptError) {
    try self.init(try call.value(index), of: function)
  }

  init(_ value: Value, of function: String) throws(ScriptError) {
    switch value {
    case .string(let bytes): (self.bytes, isPattern) = (bytes, false)
    case .object(let object as PatternObject): (bytes, isPattern) = (object.bytes, true)
    default:
      throw .usage(
        "\(function) wants the text to look for, or pattern \"…\", got \(value.typeName)")
    }
    guard !bytes.isEmpty else { throw .usage("\(function) wants a text that is not empty") }
    guard !bytes.contains(0x0a) else {
      throw .usage("\(function): a console is matched line by line; look for one line of it")
    }
  }

  var shown: String {
    "\(isPattern ? "pattern " : "")'\(String(decoding: bytes, as: UTF8.self))'"
  }

  struct Match {
    /// The matched text, then the captures.
    var values: [Value]
    var end: Int
  }

  func find(in line: [UInt8], from start: Int, _ interpreter: Interpreter) throws(ScriptError)
    -> Match?
  {
    guard isPattern else {
      guard let at = line.firstRange(of: bytes, from: start) else { return nil }
      return Match(values: [.string(bytes)], end: at + bytes.count)
    }
    guard let found = try interpreter.find(bytes, in: line, from: start) else { return nil }
    let whole = Value.string(Array(line[found.start..<found.end]))
    return Match(values: [whole] + found.captures, end: max(found.end, start + 1))
  }

  /// A line as it is matched: without escape sequences (ECMA-48 CSI and OSC), carriage returns and
  /// the line's end.
  static func plain(_ raw: ArraySlice<UInt8>) -> [UInt8] {
    guard raw.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) else { return Array(raw) }
    var result: [UInt8] = []
    var index = raw.startIndex
    while index < raw.endIndex {
      let byte = raw[index]
      index += 1
      if byte == 0x1b, index < raw.endIndex {
        index = end(ofEscape: raw, index)
      } else if byte >= 0x20 && byte != 0x7f || byte == 0x09 {
        result.append(byte)
      }
    }
    return result
  }

  private static func end(ofEscape raw: ArraySlice<UInt8>, _ start: Int) -> Int {
    var index = start + 1
    switch raw[start] {
    case UInt8(ascii: "["):
      while index < raw.endIndex, !(0x40...0x7e).contains(raw[index]) { index += 1 }
      return min(index + 1, raw.endIndex)
    case UInt8(ascii: "]"):
      while index < raw.endIndex, raw[index] != 0x07, raw[index] != 0x1b { index += 1 }
      // BEL ends it, or ESC \.
      let isString = index < raw.endIndex && raw[index] == 0x1b
      return min(index + (isString ? 2 : 1), raw.endIndex)
    default: return index
    }
  }
}

/// `pattern "^(%S+) login:"`.
final class PatternObject: ScriptObject {
  static let typeName = "pattern"
  let bytes: [UInt8]
  init(_ bytes: [UInt8]) { self.bytes = bytes }
  var shown: String { "pattern '\(String(decoding: bytes, as: UTF8.self))'" }
}

extension [UInt8] {
  /// Where `needle` begins at or behind `start`.
  fileprivate func firstRange(of needle: [UInt8], from start: Int) -> Int? {
    guard count >= needle.count, let first = needle.first else { return nil }
    var index = start
    while index <= count - needle.count {
      guard let candidate = self[index...(count - needle.count)].firstIndex(of: first) else {
        return nil
      }
      if self[candidate..<candidate + needle.count].elementsEqual(needle) { return candidate }
      index = candidate + 1
    }
    return nil
  }
}
