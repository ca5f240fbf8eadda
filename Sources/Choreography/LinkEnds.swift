import Scripting

/// Between whom something is to hold: `(a, b)`, `(a)`, or `{ from = a, to = b }` for one direction.
struct LinkEnds {
  var some: [NetworkMember]
  /// nil: one end alone was given.
  var others: [NetworkMember]?
  var direction = Direction.both

  enum Direction {
    case both
    /// From the first to the others, or to anybody.
    case there
    /// To the first, from anybody.
    case back
  }
  var isBothWays: Bool { direction == .both }

  /// "a and b", "from a to b", "to a".
  var shown: String {
    switch (direction, others?.shown) {
    case (.both, let others): some.shown + (others.map { " and \($0)" } ?? "")
    case (.there, let others): "from \(some.shown)" + (others.map { " to \($0)" } ?? "")
    case (.back, _): "to \(some.shown)"
    }
  }

  /// nil if the call names nobody.
  /// `takesOne`: `{ from = a }` and `{ to = a }` do too.
  init?(
    _ call: Call, _ network: NetworkObject, _ what: String, takesOne: Bool = false
  ) throws(ScriptError) {
    if call.count < 2 { return nil }
    // A name that was mistyped must not mean everybody.
    guard !call.isAbsent(2), call.count < 3 || !call.isAbsent(3) else {
      throw .usage("\(what) wants a machine or a port of \(network.shown), got nil")
    }
    let first = try call.value(2)
    if case .table(let table) = first, table.positions.isEmpty {
      let fields = try Fields(table, of: what, known: ["from", "to"])
      let isFrom = fields.isGiven("from")
      guard isFrom || takesOne, fields.isGiven("to") || (isFrom && takesOne) else {
        throw .usage("\(what) wants both ends, as in { from = a, to = b }")
      }
      direction = isFrom ? .there : .back
      let name = isFrom ? "from" : "to"
      some = try network.members(table[name], "\(what): field '\(name)'")
      if isFrom, fields.isGiven("to") {
        others = try network.members(table["to"], "\(what): field 'to'")
      }
      try checkThatTheyDiffer(what)
      return
    }
    some = try network.members(first, what)
    others = call.count < 3 ? nil : try network.members(try call.value(3), what)
    try checkThatTheyDiffer(what)
  }

  private func checkThatTheyDiffer(_ what: String) throws(ScriptError) {
    guard let others, some.numbers.count == 1, some.numbers == others.numbers else { return }
    throw .usage("\(what): '\(some[0].name)' is at both ends")
  }
}
