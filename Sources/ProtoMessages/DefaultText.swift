import Scripting

/// The defaults that proto2 lets a schema declare, which descriptors hold as text.
enum DefaultText {
  /// Nil for what cannot be read, which counts as not declared.
  static func value(_ bytes: [UInt8], _ field: MessageField) -> Value? {
    let text = String(decoding: bytes, as: UTF8.self)
    switch field.kind {
    case .string: return .string(bytes)
    case .bytes: return .string(unescaped(bytes))
    case .bool: return .boolean(text == "true")
    case .enumeration: return field.enumeration?.number(text) == nil ? nil : .string(text)
    case .double, .float: return Double(text).map { .number($0) }
    case .message, .group: return nil
    default: return Int64(text).map { .integer($0) } ?? UInt64(text).map { .string(String($0)) }
    }
  }

  /// As C writes bytes: `\\n`, `\\"`, and three octal digits.
  private static func unescaped(_ text: [UInt8]) -> [UInt8] {
    let letters: [UInt8: UInt8] = [
      UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]
    var result: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
        result.append(byte)
        continue
      }
      guard (0x30...0x37).contains(next) else {
        result.append(letters[next] ?? next)
        continue
      }
      var number = Int(next - 0x30)
      for _ in 0..<2 {
        guard let digit = rest.first, (0x30...0x37).contains(digit) else { break }
        number = number * 8 + Int(digit - 0x30)
        rest.removeFirst()
      }
      result.append(UInt8(truncatingIfNeeded: number))
    }
    return result
  }
}
