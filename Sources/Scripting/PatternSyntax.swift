/// Whether a Lua pattern (manual, 6.4.1) is well formed. Lua itself finds out only when a match comes
/// as far as the flaw.
public enum PatternSyntax {
  /// What is wrong with it, in the words of Lua's matcher; nil if nothing is.
  public static func flaw(in pattern: [UInt8]) -> String? {
    var reader = Reader(rest: pattern[...])
    return reader.read()
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>
    /// Whether each capture so far has been closed.
    var captures: [Bool] = []

    mutating func next() -> UInt8? { rest.popFirst() }

    mutating func read() -> String? {
      while let byte = next() {
        switch byte {
        case UInt8(ascii: "("):
          // LUA_MAXCAPTURES
          if captures.count == 32 { return "too many captures" }
          let isPosition = rest.first == UInt8(ascii: ")")
          if isPosition { _ = next() }
          captures.append(isPosition)
        case UInt8(ascii: ")"):
          guard let open = captures.lastIndex(of: false) else { return "invalid pattern capture" }
          captures[open] = true
        case UInt8(ascii: "["): if let flaw = readSet() { return flaw }
        case UInt8(ascii: "%"): if let flaw = readEscape() { return flaw }
        default: break
        }
      }
      return captures.contains(false) ? "unfinished capture" : nil
    }

    private mutating func readEscape() -> String? {
      switch next() {
      case nil: return "malformed pattern (ends with '%')"
      case UInt8(ascii: "b"):
        if next() == nil || next() == nil { return "malformed pattern (missing arguments to '%b')" }
      case UInt8(ascii: "f"):
        guard next() == UInt8(ascii: "[") else { return "missing '[' after '%f' in pattern" }
        return readSet()
      case let digit? where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit):
        let number = Int(digit) - 49
        guard captures.indices.contains(number), captures[number] else {
          return "invalid capture index %\(number + 1) in pattern"
        }
      default: break
      }
      return nil
    }

    /// Behind the "[". A "]" that comes first stands for itself.
    private mutating func readSet() -> String? {
      if rest.first == UInt8(ascii: "^") { _ = next() }
      var isFirst = true
      while let byte = next() {
        if byte == UInt8(ascii: "]") && !isFirst { return nil }
        if byte == UInt8(ascii: "%") && next() == nil { break }
        isFirst = false
      }
      return "malformed pattern (missing ']')"
    }
  }
}
