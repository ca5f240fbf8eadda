import Scripting
import Testing

@testable import ProtoMessages

/// What a script gets wrong names the message, the field and what is wanted.
@Suite struct ErrorTests {
  let sample: Sample
  init() throws { sample = try Sample("shapes.v1.Everything", "shapes.proto") }

  static var wrong: [(Value, String)] {
    [
      (
        ["f_strin": "x"],
        "message shapes.v1.Everything has no field 'f_strin'; did you mean 'f_string'?"
      ),
      (
        ["f_int32": 2_147_483_648],
        "field shapes.v1.Everything.f_int32 wants an int32 (-2147483648 to 2147483647), got 2147483648"
      ),
      (["f_uint32": -1], "wants a uint32 (0 to 4294967295), got -1"),
      (["f_uint64": -1], "f_uint64 wants a uint64 (a whole number from 0;"),
      (["f_uint64": "18446744073709551616"], "got '18446744073709551616'"),
      (["f_int64": 1.5], "f_int64 wants an int64"), (["f_int64": 1e19], "f_int64 wants"),
      (["f_int64": "x"], "got 'x'"), (["f_bool": 1], "f_bool wants true or false, got 1"),
      (["f_string": 1], "f_string wants a string in UTF-8, got 1"),
      (["f_string": .string([0xff])], "f_string wants valid UTF-8"),
      (["f_bytes": 1], "f_bytes wants a string (of bytes), got 1"),
      (["f_float": 1e300], "f_float wants a number that a float can hold"),
      (["f_double": "1"], "f_double wants a number, got '1'"),
      (
        ["f_colour": "REDD"],
        "f_colour wants a value of enum shapes.v1.Everything.Colour, got 'REDD'; did you mean 'RED'?"
      ),
      (["f_colour": true], "f_colour wants the name or number of an enum's value"),
      (["f_inner": "x"], "message shapes.v1.Everything.Inner wants a table, got 'x'"),
      (["f_inner": ["x"]], "wants a table of named fields, got one with positions"),
      (["texts": "x"], "field shapes.v1.Everything.texts wants a list, got 'x'"),
      (["texts": ["a": "b"]], "texts wants a list"),
      (["texts": ["a", 1]], "texts wants a string in UTF-8, got 1"),
      (["by_name": "x"], "by_name wants a table"),
      (["by_name": ["a"]], "the keys of by_name wants a string"),
      (["by_name": ["a": "b"]], "field shapes.v1.Everything.by_name['a'] wants an int32"),
      (["by_truth": ["maybe": "x"]], "the keys of by_truth wants true or false, got 'maybe'"),
      ([1, 2], "wants a table of named fields"),
      ("x", "message shapes.v1.Everything wants a table, got 'x'"),
      (["when": "noon"], "message google.protobuf.Timestamp wants a number of seconds, got 'noon'"),
      (["span": 1e12], "message google.protobuf.Duration wants seconds from -315576000000"),
      (["span": .number(.nan)], "wants a number of seconds"),
      (["structure": [1]], "message google.protobuf.Struct wants a table with string keys"),
      (["any": ["x": 1]], "wants a table with the name of its type in [\"@type\"]"),
      (["any": ["@type": "no.Such", "x": 1]], "the schema has no type 'no.Such' for an Any"),
    ]
  }

  @Test(arguments: Self.wrong.indices) func wrongValues(index: Int) {
    let (value, text) = Self.wrong[index]
    let message = sample.error(value)
    #expect(message.contains(text))
  }

  @Test func deepTables() {
    var value: Value = ["name": "x"]
    for _ in 0..<150 { value = ["inner": value] }
    #expect(sample.error(["f_inner": value]).contains("nested deeper than 100 levels"))
  }

  @Test func namesOfTypesAndMethods() throws {
    let schema = try Protoc.schema("shapes.proto")
    #expect(try schema.message("Everything").name == "shapes.v1.Everything")
    #expect(try schema.message(".shapes.v1.Text").name == "shapes.v1.Text")
    #expect(try schema.message("Inner").name == "shapes.v1.Everything.Inner")
    let method = try schema.method(try MethodName("Shapes/Sum"))
    #expect(method.path == "shapes.v1.Shapes/Sum" && method.takesStream && !method.givesStream)
    #expect(try schema.method(try MethodName("/shapes.v1.Shapes.Count")).givesStream)
    for (text, name) in [
      ("there is no message type 'shapes.v1.Txt'; did you mean 'shapes.v1.Text'?", "shapes.v1.Txt")
    ] {
      let error = #expect(throws: ScriptError.self) { try schema.message(name) }
      #expect(error?.message == text)
    }
    for (name, text) in [
      "shapes.v1.Shapes/Summ": "service shapes.v1.Shapes has no method 'Summ'; did you mean 'Sum'?",
      "shapes.v1.Shape/Sum":
        "there is no service 'shapes.v1.Shape'; did you mean 'shapes.v1.Shapes'?",
      "Sum": "a method is named as in \"etcdserverpb.KV/Put\", got 'Sum'",
    ] {
      let error = #expect(throws: ScriptError.self) { try schema.method(try MethodName(name)) }
      #expect(error?.message == text)
    }
  }
}
