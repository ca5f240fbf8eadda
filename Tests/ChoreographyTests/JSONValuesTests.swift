import Machines
import Scripting
import Testing

@testable import Choreography

@Suite struct JSONValuesTests {
  @Test func tablesAreObjectsOrArrays() throws {
    let value = Value.table(
      Table(fields: [
        ("empty", .table(Table())),
        ("list", .table(Table(positions: [.integer(1), .number(0.5)]))),
        ("text", .string("a\"b")),
      ]))
    #expect(try JSON(value).encoded == #"{"empty":[],"list":[1,0.5],"text":"a\"b"}"#)
  }

  @Test func whatJSONCannotHoldIsRefused() {
    for value: Value in [
      .number(.nan), .other("function"),
      .table(Table(positions: [.integer(1)], fields: [("a", .integer(2))])),
    ] {
      #expect(throws: ScriptError.self) { try JSON(value) }
    }
  }

  @Test func integersBeyondInt64BecomeStrings() throws {
    let value = Value(try JSON.parse(#"{"id":18446744073709551615,"n":null}"#))
    guard case .table(let table) = value, case .nil = table["n"] else {
      Issue.record("\(value)")
      return
    }
    #expect(table["id"].text == "18446744073709551615")
  }
}
