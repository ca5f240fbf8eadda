import Scripting
import Testing

@testable import ProtoMessages

/// proto2: required fields, declared defaults, groups, extensions.
@Suite struct OldSyntaxTests {
  let sample: Sample
  init() throws { sample = try Sample("old.Record", "old.proto") }

  @Test func declaredDefaults() throws {
    let table = try sample.value(#"name: "x""#)
    for (name, text) in [
      "count": "-7", "text": "\"a \"quote\"\n\"", "raw": "bytes[0, 255, 120]",
      "level": "\"HIGH\"", "ratio": "0.5", "flag": "true", "plain": "nil", "part": "nil",
    ] {
      #expect(table[name].written == text, "\(name)")
    }
  }

  @Test func presenceIsWritten() throws {
    #expect(try sample.text(["name": "", "count": 0]) == #"name: "" count: 0"#)
  }

  @Test func whatIsRequiredIsDemanded() throws {
    #expect(sample.error([:]) == "message old.Record needs field 'name'")
    let error = #expect(throws: WireError.self) { try MessageDecoder.decode([], as: sample.type) }
    #expect(error?.message.contains("'old.Record.name' is required and not there") == true)
  }

  @Test func groupsAndExtensions() throws {
    let value: Value = [
      "name": "n", "part": ["size": 3], "piece": [["label": "a"], ["label": "b"]],
      "loose": [1, 2], "packed": [3, 4], "[old.nickname]": "nick",
    ]
    #expect(
      try sample.text(value)
        == #"name: "n" loose: 1 loose: 2 packed: 3 packed: 4 Part { size: 3 } "#
        + #"Piece { label: "a" } Piece { label: "b" } [old.nickname]: "nick""#)
    let table = try sample.value(
      """
      name: "n" Part { size: 3 } Piece { label: "a" } Piece { label: "b" } loose: [1, 2]
      packed: [3, 4] [old.nickname]: "nick"
      """)
    for (name, text) in [
      "part": "{size=3}", "piece": #"{{label="a"},{label="b"}}"#, "loose": "{1,2}",
      "packed": "{3,4}", "[old.nickname]": #""nick""#,
    ] {
      #expect(table[name].written == text, "\(name)")
    }
  }

  /// Strings of proto2 may be anything; those of proto3 are UTF-8.
  @Test func stringsThatAreNotUTF8() throws {
    let bytes: [UInt8] = [0x0a, 1, 0xff]
    #expect(throws: Never.self) { try MessageDecoder.decode(bytes, as: sample.type) }
    let text = try Sample("shapes.v1.Text", "shapes.proto")
    let error = #expect(throws: WireError.self) { try MessageDecoder.decode(bytes, as: text.type) }
    #expect(error?.message.contains("string 'text' is not UTF-8") == true)
  }
}
