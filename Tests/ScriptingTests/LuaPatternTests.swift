import Testing

@testable import Scripting

@Suite(.serialized) struct LuaPatternTests {
  /// A generator that gives the same numbers in each run.
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 16 | state << 48
    }
  }

  private static let pieces = [
    "a", "b", "ab", ".", "%a", "%d", "%s", "%w", "%p", "%A", "%S", "%x", "%u", "%l", "%g", "%c",
    "%%", "%.", "[ab]", "[^a]", "[a-c1]", "[%d_]", "[]x]", "[^]]", "[a-]", "[-a]", "[%]]", "[%a-z]",
    "(", ")", "()", "%1", "%2", "%bab", "%f[%w]", "%f[^a]", "$", "^", "-", "*", "+", "?", "a*",
    "b-", "a?", ".-", "%w+", ".*",
  ]

  /// What Lua's own string.find says, as text: start, end, captures; "none", or nil for an error.
  private func inLua(
    _ lua: Interpreter, _ pattern: String, _ text: String, _ start: Int
  ) -> String? {
    let source = """
      local r = table.pack(pcall(string.find, \(quoted(text)), \(quoted(pattern)), \(start + 1)))
      if not r[1] then return nil end
      if not r[2] then return "none" end
      for i = 2, r.n do r[i] = math.type(r[i]) == "integer" and r[i] or "'" .. r[i] .. "'" end
      return table.concat(r, " ", 2, r.n)
      """
    return try? lua.evaluate(source).first?.text
  }

  private func quoted(_ text: String) -> String {
    "\"" + text.utf8.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\""
  }

  private func here(_ pattern: String, _ text: String, _ start: Int) -> String? {
    guard let compiled = LuaPattern(Array(pattern.utf8)) else { return nil }
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { text in
      switch compiled.find(in: text, from: start, goOn: { true }) {
      case .stopped: return "stopped"
      case .none: return "none"
      case .found(let found):
        let captures = found.captures.map {
          switch $0 {
          case .position(let number): "\(number)"
          case .range(let range): "'\(String(decoding: text[range], as: UTF8.self))'"
          }
        }
        return (["\(found.start + 1)", "\(found.end)"] + captures).joined(separator: " ")
      }
    }
  }

  @Test func agreesWithLua() {
    withInterpreter { lua in
      var numbers = Numbers(state: 5)
      var compared = 0
      for _ in 0..<4000 {
        let pattern = (0..<Int.random(in: 1...5, using: &numbers)).map { _ in
          Self.pieces.randomElement(using: &numbers)!
        }.joined()
        let text = String(
          (0..<Int.random(in: 0...12, using: &numbers)).map { _ in
            "aabbc1_ ].-x%".randomElement(using: &numbers)!
          })
        let start =
          pattern.hasPrefix("^") ? 0 : Int.random(in: 0...text.utf8.count, using: &numbers)
        guard PatternSyntax.flaw(in: Array(pattern.utf8)) == nil else { continue }
        let wanted = inLua(lua, pattern, text, start)
        #expect(
          here(pattern, text, start) == wanted, "pattern '\(pattern)' in '\(text)' from \(start)")
        if wanted != "none" { compared += 1 }
      }
      #expect(compared > 500)
    }
  }

  @Test func bytesOfAnyKindAreMatched() {
    #expect(here("\u{0}+", "a\u{0}\u{0}b", 0) == "2 3")
    #expect(here("[\u{e9}]", "caf\u{e9}", 0) == "4 4")
    #expect(here("^x", "ax", 1) == "none", "^ is the beginning of the text")
    #expect(here("^x", "xx", 0) == "1 1")
    #expect(here("", "", 0) == "1 0")
  }

  @Test func aMatchThatTakesLongIsStopped() {
    let text = [UInt8](repeating: 0x78, count: 60_000)
    var questions = 0
    let pattern = LuaPattern(Array("x*x*x*x*x*y".utf8))!
    text.withUnsafeBufferPointer { text in
      let outcome = pattern.find(in: text, from: 0) {
        questions += 1
        return questions < 3
      }
      if case .stopped = outcome {} else { Issue.record("was not stopped") }
    }
    #expect(questions == 3)
  }
}
