import Testing

@testable import Notation

@Suite struct JSONTests {
  @Test func readsWhatQEMUSays() throws {
    let value = try JSON.parse(
      #"{"timestamp": {"seconds": 17, "microseconds": 5}, "event": "STOP", "list": [1, -2.5e1, true]}"#
    )
    #expect(value["timestamp"]?["seconds"]?.integer == 17)
    #expect(value["event"]?.text == "STOP")
    #expect(value["list"] == [1, .number(-25), true])
    #expect(value["nothing"] == nil)
  }

  @Test(arguments: [
    ("9223372036854775807", JSON.integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("9223372036854775808", .string("9223372036854775808")), ("-0", .integer(0)),
    ("1e400", .number(.infinity)), ("0.5", .number(0.5)), ("1E+2", .number(100)),
  ])
  func readsNumbers(text: String, value: JSON) throws {
    #expect(try JSON.parse(text) == value)
  }

  @Test(arguments: [
    (#""\u00e9\ud83d\ude00\n\/""#, "é😀\n/"), (#""\ud83d""#, "\u{fffd}"),
    (#""\ud83dx""#, "\u{fffd}x"), (#""\ud83d\u0041""#, "\u{fffd}A"), (#""\ude00""#, "\u{fffd}"),
    (#""a\u0000b""#, "a\u{0}b"),
  ])
  func readsEscapes(text: String, value: String) throws {
    #expect(try JSON.parse(text) == .string(value))
  }

  @Test func repairsInvalidUTF8() throws {
    #expect(try JSON.parse([0x22, 0x61, 0xff, 0x22]) == .string("a\u{fffd}"))
    #expect(try JSON.parse([0x22, 0x5c, 0x6e, 0xc3, 0x22]) == .string("\n\u{fffd}"))
  }

  @Test(arguments: [
    "", " ", "{", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "01", "-", "1.", "1e", "+1",
    "nul",
    "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\u{1}\"", "1 2", "[}", "\u{feff}1",
  ])
  func refusesWhatIsNoJSON(text: String) {
    #expect(throws: JSONError.self) { try JSON.parse(text) }
  }

  @Test func refusesDepth() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try JSON.parse(deep) }
    let allowed = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    #expect(try JSON.parse(allowed).encoded == allowed)
  }

  @Test func survivesAnyBytes() {
    var state: UInt64 = 7
    let alphabet = Array(#"{}[]",:\u0123dtrfalsn-e. "#.utf8) + [0xff, 0xc3, 0]
    for _ in 0..<20_000 {
      let bytes = (0..<12).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return alphabet[Int(state >> 33) % alphabet.count]
      }
      if let value = try? JSON.parse(bytes) {
        #expect((try? JSON.parse(value.encoded)) != nil)
      }
    }
  }

  @Test func writes() {
    let value: JSON = [
      "b": [1, .number(0.1), .null, .number(.nan)], "a": "q\"\\\n\u{1}é", "e": [], "o": .object([]),
    ]
    #expect(value.encoded == #"{"b":[1,0.1,null,null],"a":"q\"\\\n\u0001é","e":[],"o":{}}"#)
    let small: JSON = ["a": [1]]
    #expect(small.encoded(indent: 2) == "{\n  \"a\": [\n    1\n  ]\n}")
  }
}
