import Scripting
import Testing

@testable import ProtoMessages

/// Fields of every type, against protoc in both directions.
@Suite struct ScalarTests {
  let sample: Sample
  init() throws { sample = try Sample("shapes.v1.Everything", "shapes.proto") }

  @Test func everyScalarAsProtocReadsIt() throws {
    let value: Value = [
      "f_double": 0.1, "f_float": 1.5, "f_int64": -5, "f_uint64": "18446744073709551615",
      "f_int32": -2_147_483_648, "f_fixed64": "9223372036854775808", "f_fixed32": 4_294_967_295,
      "f_bool": true, "f_string": "é", "f_bytes": .string([0, 255]), "f_uint32": 7.0,
      "f_colour": "ALSO_BLUE", "f_sfixed32": -1, "f_sfixed64": -2, "f_sint32": -2_147_483_648,
      "f_sint64": .integer(.min),
    ]
    #expect(
      try sample.text(value)
        == #"f_double: 0.1 f_float: 1.5 f_int64: -5 f_uint64: 18446744073709551615 "#
        + #"f_int32: -2147483648 f_fixed64: 9223372036854775808 f_fixed32: 4294967295 "#
        + #"f_bool: true f_string: "\303\251" f_bytes: "\000\377" f_uint32: 7 "#
        + #"f_colour: ALSO_BLUE f_sfixed32: -1 f_sfixed64: -2 f_sint32: -2147483648 "#
        + #"f_sint64: -9223372036854775808"#)
  }

  @Test func everyScalarAsProtocWritesIt() throws {
    let table = try sample.value(
      """
      f_double: 0.1 f_float: 1.5 f_int64: -5 f_uint64: 18446744073709551615 f_int32: -3
      f_fixed64: 9223372036854775807 f_fixed32: 4294967295 f_bool: true f_string: "x"
      f_bytes: "\\000\\377" f_uint32: 4294967295 f_colour: ALSO_BLUE f_sfixed32: -1
      f_sfixed64: -2 f_sint32: -2147483648 f_sint64: -9223372036854775808
      """)
    let wanted = [
      "f_double": "0.1", "f_float": "1.5", "f_int64": "-5",
      "f_uint64": "\"18446744073709551615\"", "f_int32": "-3", "f_fixed64": "9223372036854775807",
      "f_fixed32": "4294967295", "f_bool": "true", "f_string": "\"x\"",
      "f_bytes": "bytes[0, 255]", "f_uint32": "4294967295", "f_colour": "\"ALSO_BLUE\"",
      "f_sfixed32": "-1", "f_sfixed64": "-2", "f_sint32": "-2147483648",
      "f_sint64": "-9223372036854775808",
    ]
    for (name, text) in wanted { #expect(table[name].written == text, "\(name)") }
  }

  @Test func whatIsAbsentIsZeroOrNil() throws {
    let table = try sample.value("")
    for (name, text) in [
      "f_double": "0.0", "f_int64": "0", "f_bool": "false", "f_string": "\"\"",
      "f_colour": "\"NONE\"", "texts": "{}", "by_name": "{}", "f_inner": "nil", "maybe": "nil",
      "choice_text": "nil", "when": "nil",
    ] {
      #expect(table[name].written == text, "\(name)")
    }
    // Zeros go as nothing, but for an optional's, which say that they are there.
    #expect(try sample.text(["f_int32": 0, "f_string": "", "f_colour": 0, "f_double": 0]) == "")
    #expect(try sample.text(["maybe": 0, "maybe_text": ""]) == #"maybe: 0 maybe_text: """#)
    #expect(try sample.value("maybe: 0")["maybe"].written == "0")
  }

  @Test func repeatedFieldsAndMaps() throws {
    let value: Value = [
      "packed": [1, -1], "loose": [2, -2], "texts": ["a", ""], "colours": ["RED", 5],
      "doubles": [0.5], "inners": [["name": "x"], [:]], "by_name": ["b": 2, "a": 1],
      "by_number": .table(
        {
          var table = Table(positions: [["name": "one"]])
          table.entries = [(-1, ["numbers": [1, 2]])]
          return table
        }()), "by_truth": ["true": "yes"],
      "by_big": ["18446744073709551615": "RED"],
    ]
    #expect(
      try sample.text(value)
        == #"packed: 1 packed: -1 loose: 2 loose: -2 texts: "a" texts: "" inners { name: "x" } "#
        + #"inners { } colours: RED colours: 5 doubles: 0.5 by_name { key: "a" value: 1 } "#
        + #"by_name { key: "b" value: 2 } by_number { key: -1 value { numbers: 1 numbers: 2 } } "#
        + #"by_number { key: 1 value { name: "one" } } by_truth { key: true value: "yes" } "#
        + #"by_big { key: 18446744073709551615 value: RED }"#)
    let table = try sample.value(
      """
      packed: [1, -1] loose: [2, -2] texts: ["a", ""] by_name { key: "b" value: 2 }
      by_name { key: "a" value: 1 } by_name { key: "b" value: 3 } by_number { key: 1 }
      by_number { key: -1 value { name: "m" } } by_truth { key: true value: "yes" }
      by_truth { } by_big { key: 18446744073709551615 value: RED } by_big { key: 2 }
      colours: [RED, 5]
      """)
    for (name, text) in [
      "packed": "{1,-1}", "loose": "{2,-2}", "texts": #"{"a",""}"#, "by_name": "{a=1,b=3}",
      "by_number":
        #"{[-1]={name="m",numbers={}},[1]={name="",numbers={}}}"#,
      "by_truth": #"{false="",true="yes"}"#,
      "by_big": #"{18446744073709551615="RED",[2]="NONE"}"#, "colours": #"{"RED",5}"#,
    ] {
      #expect(table[name].written == text, "\(name)")
    }
  }

  /// A reader takes packed values where it expects loose ones, and the reverse.
  @Test func packedOrNotIsReadAlike() throws {
    let values: [UInt8] = [2, 1]
    for number in [30, 31] {
      var packed = WireWriter()
      packed.tag(number, .bytes)
      packed.counted(values)
      var loose = WireWriter()
      for value in values {
        loose.tag(number, .varint)
        loose.varint(UInt64(value))
      }
      for bytes in [packed.bytes, loose.bytes] {
        guard case .table(let table) = try MessageDecoder.decode(bytes, as: sample.type) else {
          throw WireError("no table")
        }
        #expect(table[number == 30 ? "packed" : "loose"].written == "{1,-1}")
      }
    }
  }

  @Test func oneofs() throws {
    #expect(try sample.text(["choice_number": 0]) == "choice_number: 0")
    #expect(
      sample.error(["choice_number": 1, "choice_text": "x"])
        == "message shapes.v1.Everything takes one of 'choice_text' and 'choice_number', not both"
        + " (oneof 'choice')")
    // Of several on the wire the last counts.
    let one = try Protoc.encode(#"choice_inner { name: "x" }"#, sample.name, sample.file)
    let two = try Protoc.encode("choice_number: 3", sample.name, sample.file)
    for (bytes, name) in [(one + two, "choice_number"), (two + one, "choice_inner")] {
      guard case .table(let table) = try MessageDecoder.decode(bytes, as: sample.type) else {
        throw WireError("no table")
      }
      let given = ["choice_text", "choice_number", "choice_inner"].filter {
        if case .nil = table[$0] { false } else { true }
      }
      #expect(given == [name])
    }
  }

  /// A message that comes in two parts is one.
  @Test func partsOfAMessageAreMerged() throws {
    let one = try Protoc.encode(
      #"f_inner { name: "a" numbers: 1 inner { name: "b" } }"#, sample.name, sample.file)
    let two = try Protoc.encode(
      "f_inner { numbers: 2 inner { numbers: 3 } }", sample.name, sample.file)
    guard case .table(let table) = try MessageDecoder.decode(one + two, as: sample.type) else {
      throw WireError("no table")
    }
    #expect(
      table["f_inner"].written == #"{name="a",inner={name="b",numbers={3}},numbers={1,2}}"#)
  }
}
