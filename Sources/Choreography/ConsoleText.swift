import Glibc
import Scripting

/// What a script looks for on a console: text that matches itself, or a Lua pattern.
struct ConsoleText {
  var bytes: [UInt8]
  var pattern: LuaPattern?

  init(_ value: Value, of function: String) throws(ScriptError) {
    switch value {
    case .string(let bytes): self.bytes = bytes
    case .object(let object as PatternObject):
      bytes = object.pattern.bytes
      pattern = object.pattern
    default:
      throw .usage(
        "\(function) wants the text to look for, or pattern \"…\", got \(value.typeName)")
    }
    guard !bytes.isEmpty else { throw .usage("\(function) wants a text that is not empty") }
    guard !bytes.contains(0x0a) else {
      throw .usage("\(function): a console is matched line by line; look for one line of it")
    }
  }

  var isPattern: Bool { pattern != nil }

  var shown: String {
    "\(isPattern ? "pattern " : "")'\(String(decoding: bytes, as: UTF8.self))'"
  }

  struct Match {
    /// Offsets into the line.
    var range: Range<Int>
    var captures: [LuaPattern.Capture] = []

    /// The matched text, then the captures.
    func values(_ line: UnsafeBufferPointer<UInt8>) -> [Value] {
      [.string(Array(line[range]))]
        + captures.map {
          switch $0 {
          case .range(let range): .string(Array(line[range]))
          case .position(let number): .integer(Int64(number))
          }
        }
    }
  }

  enum Outcome {
    case found(Match)
    case none
    case stopped
  }

  /// The first match at or behind `start`. A slow pattern asks now and then whether to go on.
  func find(
    in line: UnsafeBufferPointer<UInt8>, from start: Int, goOn: () -> Bool
  ) -> Outcome {
    guard let pattern else {
      guard let at = line.offset(of: bytes, from: start) else { return .none }
      return .found(Match(range: at..<at + bytes.count))
    }
    switch pattern.find(in: line, from: start, goOn: goOn) {
    case .found(let found):
      return .found(Match(range: found.start..<found.end, captures: found.captures))
    case .none: return .none
    case .stopped: return .stopped
    }
  }

  /// A line as it is matched: without escape sequences (ECMA-48: CSI, the strings OSC, DCS, SOS, PM
  /// and APC, and those of an escape and a final byte), and without control characters but tabs. The
  /// beginning of a line always gives the beginning of its text.
  static func plain(_ raw: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(raw.count)
    var index = 0
    while index < raw.count {
      let byte = raw[index]
      index += 1
      if byte == 0x1b {
        index = end(ofEscape: raw, index)
      } else if !isControl(byte) {
        result.append(byte)
      }
    }
    return result
  }

  /// Whether there is anything that `plain` would leave out.
  static func hasControls(_ raw: UnsafeBufferPointer<UInt8>) -> Bool {
    // Without a way out of the loop it is vectorised.
    var found = false
    for byte in raw { found = found || isControl(byte) }
    return found
  }

  private static func isControl(_ byte: UInt8) -> Bool {
    byte < 0x20 && byte != 0x09 || byte == 0x7f
  }

  /// Where the sequence ends whose escape stands before `start`.
  private static func end(ofEscape raw: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    var index = start
    guard index < raw.count else { return index }
    switch raw[index] {
    case UInt8(ascii: "["):
      index += 1
      // Parameters and intermediates; anything else that is no final byte ends it too, and stays.
      while index < raw.count, (0x20...0x3f).contains(raw[index]) { index += 1 }
      return index < raw.count && (0x40...0x7e).contains(raw[index]) ? index + 1 : index
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"),
      UInt8(ascii: "_"):
      index += 1
      // Ended by BEL, as xterm has it, or by ESC \; given up at CAN and SUB.
      while index < raw.count, ![0x07, 0x18, 0x1a, 0x1b].contains(raw[index]) { index += 1 }
      guard index < raw.count else { return index }
      if raw[index] != 0x1b { return index + 1 }
      return index + 1 < raw.count && raw[index + 1] == UInt8(ascii: "\\") ? index + 2 : index
    case 0x20..<0x30:
      // Such as ESC ( B, which chooses a character set.
      while index < raw.count, (0x20..<0x30).contains(raw[index]) { index += 1 }
      return index < raw.count && (0x30...0x7e).contains(raw[index]) ? index + 1 : index
    case 0x30...0x7e: return index + 1
    default: return index
    }
  }
}

/// `pattern "^(%S+) login:"`.
final class PatternObject: ScriptObject {
  static let typeName = "pattern"
  let pattern: LuaPattern

  init(_ pattern: LuaPattern) { self.pattern = pattern }

  var shown: String { "pattern '\(String(decoding: pattern.bytes, as: UTF8.self))'" }
}

extension UnsafeBufferPointer<UInt8> {
  /// Where `needle` begins at or behind `start`.
  func offset(of needle: [UInt8], from start: Int) -> Int? {
    guard let base = baseAddress, let first = needle.first else { return nil }
    var at = start
    while at + needle.count <= count {
      guard let next = memchr(base + at, Int32(first), count - needle.count - at + 1) else {
        return nil
      }
      at = UnsafeRawPointer(next) - UnsafeRawPointer(base)
      if memcmp(base + at, needle, needle.count) == 0 { return at }
      at += 1
    }
    return nil
  }
}
