import Machines
import Scripting
import Testing

@testable import Choreography

/// How a script's tables become QEMU's options; their encoding is tested in MachinesTests.
@Suite struct OptionTableTests {
  func option(_ table: Table) throws -> String { try OptionTable(table).encoded().description }

  @Test func positionsThenSortedKeys() throws {
    let table = Table(
      positions: [.string("user")],
      fields: [
        ("hostfwd", .table(Table(positions: [.string("a"), .string("b")]))),
        ("id", .string("net0")), ("mtu", .integer(9000)), ("readonly", .boolean(true)),
        ("server", .table(Table())),
      ])
    #expect(
      try option(table) == "user,hostfwd=a,hostfwd=b,id=net0,mtu=9000,readonly=on,server")
  }

  @Test func anArrayOfPairsKeepsItsOrder() throws {
    let pairs: [Value] = [("id", "net0"), ("a", "1,2")].map { name, value in
      .table(Table(positions: [.string(name), .string(value)]))
    }
    #expect(try option(Table(positions: pairs)) == "id=net0,a=1,,2")
  }

  @Test func whatNoOptionCanTakeIsNamed() {
    let table = Table(fields: [("callback", .other("function"))])
    let error = #expect(throws: ScriptError.self) { try option(table) }
    #expect(error?.message == "a QEMU option cannot take a function (callback)")
  }
}
