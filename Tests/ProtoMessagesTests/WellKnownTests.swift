import Scripting
import Testing

@testable import ProtoMessages

/// Protobuf's own types, as scripts write and read them.
@Suite struct WellKnownTests {
  let sample: Sample
  init() throws { sample = try Sample("shapes.v1.Everything", "shapes.proto") }

  static var pairs: [(Value, String)] {
    [
      (["when": 1_700_000_000], "when { seconds: 1700000000 }"),
      (["when": 0.25], "when { nanos: 250000000 }"),
      (["when": -0.25], "when { seconds: -1 nanos: 750000000 }"),
      (["span": 1.5], "span { seconds: 1 nanos: 500000000 }"),
      (["span": -1.5], "span { seconds: -1 nanos: -500000000 }"),
      (["spans": [1, 0.000000001]], "spans { seconds: 1 } spans { nanos: 1 }"),
      (["wrapped": 0], "wrapped { }"), (["wrapped_text": "x"], #"wrapped_text { value: "x" }"#),
      (["wrapped_bool": true], "wrapped_bool { value: true }"),
      (["mask": ["a.b", "c"]], #"mask { paths: "a.b" paths: "c" }"#),
      (
        ["structure": ["a": [1, "x", true], "b": ["c": 2.5]]],
        #"structure { fields { key: "a" value { list_value { values { number_value: 1 } "#
          + #"values { string_value: "x" } values { bool_value: true } } } } "#
          + #"fields { key: "b" value { struct_value { fields { key: "c" value { number_value: 2.5 } } } } } }"#
      ),
      (["value": "x"], #"value { string_value: "x" }"#),
      (
        ["list": [1, [2]]],
        "list { values { number_value: 1 } values { list_value { values { number_value: 2 } } } }"
      ),
      (
        ["any": ["@type": "shapes.v1.Text", "text": "x"]],
        #"any { type_url: "type.googleapis.com/shapes.v1.Text" value: "\n\001x" }"#
      ),
      (
        ["any": ["@type": "google.protobuf.Duration", "value": 2]],
        #"any { type_url: "type.googleapis.com/google.protobuf.Duration" value: "\010\002" }"#
      ),
    ]
  }

  @Test(arguments: Self.pairs.indices) func writtenForProtoc(index: Int) throws {
    #expect(try sample.text(Self.pairs[index].0) == Self.pairs[index].1)
  }

  static let read: [(String, String, String)] = [
    ("when { seconds: 1700000000 }", "when", "1700000000"),
    ("when { seconds: -1 nanos: 750000000 }", "when", "-0.25"), ("when { }", "when", "0"),
    ("span { seconds: -1 nanos: -500000000 }", "span", "-1.5"), ("wrapped { }", "wrapped", "0"),
    ("wrapped_text { value: 'x' }", "wrapped_text", "\"x\""),
    ("wrapped_bool { }", "wrapped_bool", "false"),
    ("mask { paths: 'a.b' }", "mask", "{\"a.b\"}"),
    (
      "structure { fields { key: 'a' value { list_value { values { number_value: 1 } } } } fields { key: 'b' value { null_value: NULL_VALUE } } fields { key: 'c' value { bool_value: false } } }",
      "structure", "{a={1.0},b=nil,c=false}"
    ),
    ("value { null_value: NULL_VALUE }", "value", "nil"),
    (
      "any { [type.googleapis.com/shapes.v1.Number] { value: 3 } }", "any",
      "{value=3,@type=\"shapes.v1.Number\"}"
    ),
    (
      "any { [type.googleapis.com/google.protobuf.Duration] { seconds: 2 } }", "any",
      "{@type=\"google.protobuf.Duration\",value=2}"
    ),
    (
      "any { type_url: 'x.org/no.Such' value: 'abc' }", "any",
      "{@type=\"x.org/no.Such\",value=\"abc\"}"
    ),
  ]

  @Test(arguments: Self.read.indices) func readFromProtoc(index: Int) throws {
    let (text, name, wanted) = Self.read[index]
    #expect(try sample.value(text)[name].written == wanted)
  }
}
