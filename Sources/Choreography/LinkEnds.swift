import Scripting

/// Between whom something is to hold: `(a, b)`, `(a)`, or `{ from = a, to = b }` for one direction.
struct LinkEnds {
  var some: [NetworkMember]
  /// nil: one end alone was given.
  var others: [NetworkMember]?
  var isBothWays: Bool

  /// nil if the call names nobody.
  init?(_ call: Call, _ network: NetworkObject, _ what: String) throws(ScriptError) {
    if call.isAbsent(2) {
      guard call.isAbsent(3) else { throw .usage("\(what) wants a machine, got nil") }
      return nil
    }
    let first = try call.value(2)
    if case .table(let table) = first, table.positions.isEmpty {
      let fields = try Fields(table, of: what, known: ["from", "to"])
      guard fields.isGiven("from"), fields.isGiven("to") else {
        throw .usage("\(what) wants both ends, as in { from = a, to = b }")
      }
      some = try network.members(table["from"], "\(what): field 'from'")
      others = try network.members(table["to"], "\(what): field 'to'")
      isBothWays = false
      return
    }
    some = try network.members(first, what)
    others = call.isAbsent(3) ? nil : try network.members(try call.value(3), what)
    isBothWays = true
  }
}
