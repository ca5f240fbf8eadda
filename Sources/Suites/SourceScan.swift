/// What a script's text says of its tests without being run, so that a filter need not boot machines
/// to find that nothing in a file is wanted.
struct SourceScan {
  enum Tests: Equatable {
    /// The word `test` is not in it.
    case none
    /// Each is called with its name and tags as they stand there.
    case known([Test])
    /// Only a run can tell.
    case dynamic
  }

  struct Test: Equatable {
    var name: String
    var tags: [String]
  }

  private enum Token: Equatable {
    case word(String)
    case string(String)
    case mark(UInt8)
  }

  static func tests(in source: [UInt8]) -> Tests {
    guard let tokens = tokens(source) else { return .dynamic }
    var found: [Test] = []
    for (index, token) in tokens.enumerated() where token == .word("test") {
      // A field of something else, `x.test` or `{ test = 1 }`, is not ours.
      if index > 0,
        tokens[index - 1] == .mark(UInt8(ascii: "."))
          || tokens[index - 1] == .mark(UInt8(ascii: ":"))
      {
        return .dynamic
      }
      guard let test = call(tokens[(index + 1)...]) else { return .dynamic }
      found.append(test)
    }
    return found.isEmpty ? .none : .known(found)
  }

  /// `("name", function …` or `("name", { tags = { "a", … }, timeout = 5 }, …`.
  private static func call(_ tokens: ArraySlice<Token>) -> Test? {
    var rest = tokens
    func take(_ mark: Character) -> Bool {
      guard rest.first == .mark(mark.asciiValue!) else { return false }
      rest.removeFirst()
      return true
    }
    guard take("("), case .string(let name)? = rest.popFirst(), take(",") else { return nil }
    guard take("{") else {
      // Options may be in a variable.
      return rest.first == .word("function") ? Test(name: name, tags: []) : nil
    }
    var tags: [String] = []
    while !take("}") {
      guard case .word(let field)? = rest.popFirst(), take("=") else { return nil }
      if field == "tags" {
        guard take("{") else { return nil }
        while !take("}") {
          guard case .string(let tag)? = rest.popFirst() else { return nil }
          tags.append(tag)
          if !take(",") && !take(";") && rest.first != .mark(UInt8(ascii: "}")) { return nil }
        }
      } else {
        guard case .word? = rest.popFirst() else { return nil }
      }
      if !take(",") && !take(";") && rest.first != .mark(UInt8(ascii: "}")) { return nil }
    }
    return take(",") ? Test(name: name, tags: tags) : nil
  }

  // MARK: Lua's words

  /// Nil for what a string's escapes, or an end too early, make hard to read.
  private static func tokens(_ source: [UInt8]) -> [Token]? {
    var tokens: [Token] = []
    var at = 0
    func isWord(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: "_") || byte >= 0x80 || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
        || (byte >= 0x30 && byte <= 0x39)
    }
    while at < source.count {
      let byte = source[at]
      let next = at + 1 < source.count ? source[at + 1] : 0
      if byte == UInt8(ascii: "-"), next == byte {
        at += 2
        if let end = longBracket(source, at) { at = end.end } else { at = lineEnd(source, at) }
      } else if byte == UInt8(ascii: "#"), at == 0 {
        at = lineEnd(source, at)
      } else if byte == UInt8(ascii: "["), let text = longBracket(source, at) {
        tokens.append(.string(text.text))
        at = text.end
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        var end = at + 1
        var hasEscapes = false
        while end < source.count, source[end] != byte {
          if source[end] == UInt8(ascii: "\n") { return nil }
          if source[end] == UInt8(ascii: "\\") {
            hasEscapes = true
            end += 1
          }
          end += 1
        }
        guard end < source.count else { return nil }
        let text = String(decoding: source[(at + 1)..<end], as: UTF8.self)
        // It is no name that can be compared.
        tokens.append(hasEscapes ? .mark(0) : .string(text))
        at = end + 1
      } else if isWord(byte) {
        let start = at
        while at < source.count, isWord(source[at]) { at += 1 }
        tokens.append(.word(String(decoding: source[start..<at], as: UTF8.self)))
      } else {
        if byte > 0x20 { tokens.append(.mark(byte)) }
        at += 1
      }
    }
    return tokens
  }

  private static func lineEnd(_ source: [UInt8], _ start: Int) -> Int {
    source[start...].firstIndex(of: UInt8(ascii: "\n")) ?? source.count
  }

  /// `[[…]]`, `[==[…]==]`.
  private static func longBracket(_ source: [UInt8], _ start: Int) -> (text: String, end: Int)? {
    var at = start + 1
    guard start < source.count, source[start] == UInt8(ascii: "[") else { return nil }
    while at < source.count, source[at] == UInt8(ascii: "=") { at += 1 }
    guard at < source.count, source[at] == UInt8(ascii: "[") else { return nil }
    let level = [UInt8](repeating: UInt8(ascii: "="), count: at - start - 1)
    let close = [UInt8(ascii: "]")] + level + [UInt8(ascii: "]")]
    guard let end = source[(at + 1)...].firstRange(of: close) else { return nil }
    return (String(decoding: source[(at + 1)..<end.lowerBound], as: UTF8.self), end.upperBound)
  }
}
