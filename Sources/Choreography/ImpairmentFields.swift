import Networks
import Scripting

/// `{ delay = 0.05, loss = 0.1, … }`: what a link is to do to frames, in netem's names.
extension Impairment {
  static let fields = [
    "delay", "jitter", "delay_correlation", "distribution", "loss", "loss_correlation", "gemodel",
    "duplicate", "duplicate_correlation", "corrupt", "corrupt_correlation", "reorder",
    "reorder_correlation", "gap", "rate", "burst", "limit", "refuse_openings", "match", "first",
    "period", "flap",
  ]

  /// The layers of a link's faults: a table for each, from argument `index` on. One without fields
  /// stands for none.
  static func stack(
    _ call: Call, from index: Int, of what: String
  ) throws(ScriptError) -> [Impairment] {
    var stack: [Impairment] = []
    for index in stride(from: index, through: max(index, call.count), by: 1) {
      guard case .table(let table) = try call.value(index), table.positions.isEmpty else {
        throw .usage(
          "\(what) wants a table of faults, as in { delay = 0.05, loss = 0.1 }, got"
            + " \(try call.value(index).shown)")
      }
      let impairment = try Impairment(Fields(table, of: what, known: fields))
      if impairment != .none { stack.append(impairment) }
    }
    return stack
  }

  /// What does something to a frame; and what only says how, by that.
  private static let effects = [
    "delay", "jitter", "loss", "gemodel", "duplicate", "corrupt", "reorder", "rate",
    "refuse_openings",
  ]
  private static let manners = [
    ("loss_correlation", "loss"), ("distribution", "jitter"), ("delay_correlation", "jitter"),
    ("duplicate_correlation", "duplicate"), ("corrupt_correlation", "corrupt"),
    ("reorder_correlation", "reorder"), ("gap", "reorder"), ("burst", "rate"),
    ("limit", "rate"),
  ]

  /// Nothing that is said may be without use: a test would pass that tested nothing.
  private static func check(_ fields: Fields) throws(ScriptError) {
    for (manner, effect) in manners where fields.isGiven(manner) && !fields.isGiven(effect) {
      throw .usage("\(fields.what): field '\(manner)' wants a '\(effect)'")
    }
    guard !fields.table.isEmpty, !effects.contains(where: fields.isGiven) else { return }
    throw .usage(
      "\(fields.what): \(fields.table.fields.map { "'\($0.0)'" }.joined(separator: ", ")) alone"
        + " does nothing to a frame: say what, as in loss = 1")
  }

  init(_ fields: Fields) throws(ScriptError) {
    self.init()
    delay = try fields.seconds("delay") ?? 0
    jitter = try fields.seconds("jitter") ?? 0
    delayCorrelation = try fields.share("delay_correlation") ?? 0
    if let name = try fields.string("distribution") {
      guard let known = DelayDistribution(rawValue: name) else {
        let names = DelayDistribution.allCases.map { "'\($0.rawValue)'" }
        throw fields.wrong("distribution", names.joined(separator: ", "))
      }
      distribution = known
      // Here, so that the switch need not.
      known.prepare()
    }
    loss = try Self.loss(fields)
    duplicate = try fields.share("duplicate") ?? 0
    duplicateCorrelation = try fields.share("duplicate_correlation") ?? 0
    corrupt = try fields.share("corrupt") ?? 0
    corruptCorrelation = try fields.share("corrupt_correlation") ?? 0
    reorder = try fields.share("reorder") ?? 0
    reorderCorrelation = try fields.share("reorder_correlation") ?? 0
    gap = Int(try fields.integer("gap", in: 1...1 << 30) ?? 1)
    try readRate(fields)
    refusesOpenings = try fields.boolean("refuse_openings") ?? false
    matches = try FrameMatch.list(fields)
    first = try fields.integer("first", in: 1...1 << 62).map { Int($0) }
    period = try fields.seconds("period")
    if let table = try fields.table("flap") {
      let flap = try Fields(table, of: "\(fields.what): flap", known: ["on", "off"])
      guard let on = try flap.seconds("on"), let off = try flap.seconds("off") else {
        throw fields.wrong("flap", "both times, as in { on = 1, off = 2 }")
      }
      self.flap = Flap(on: on, off: off)
    }
    try Self.check(fields)
    if let flaw { throw .usage("\(fields.what): field \(flaw)") }
  }

  private static func loss(_ fields: Fields) throws(ScriptError) -> LossModel? {
    let probability = try fields.share("loss")
    let correlation = try fields.share("loss_correlation")
    guard let table = try fields.table("gemodel") else {
      return probability.map { .random(probability: $0, correlation: correlation ?? 0) }
    }
    guard probability == nil, correlation == nil else {
      throw .usage("\(fields.what): 'loss' and 'gemodel' are two models of loss; give one")
    }
    let model = try Fields(
      table, of: "\(fields.what): gemodel", known: ["p", "r", "bad", "good"])
    guard let toBad = try model.share("p"), let toGood = try model.share("r") else {
      throw fields.wrong("gemodel", "the chances 'p' and 'r', as in { p = 0.01, r = 0.3 }")
    }
    return .gilbertElliott(
      toBad: toBad, toGood: toGood, bad: try model.share("bad") ?? 1,
      good: try model.share("good") ?? 0)
  }

  private mutating func readRate(_ fields: Fields) throws(ScriptError) {
    if fields.isGiven("rate") {
      guard let rate = Self.bitsPerSecond(fields.table["rate"]) else {
        throw fields.wrong("rate", "a string with a unit, such as '10mbit' or '64kbit'")
      }
      self.rate = rate
    }
    if let burst = try fields.size("burst") { self.burst = Int(clamping: burst) }
    if let limit = try fields.size("limit") { self.limit = Int(clamping: limit) }
  }

  /// tc's units of bits, powers of 1000.
  private static func bitsPerSecond(_ value: Value) -> Double? {
    guard case .string = value, let text = value.text else { return nil }
    let units = [("kbit", 1e3), ("mbit", 1e6), ("gbit", 1e9), ("bit", 1)]
    for (unit, factor) in units where text.hasSuffix(unit) {
      let number = text.dropLast(unit.count)
      guard number.utf8.allSatisfy({ $0 == 46 || (48...57).contains($0) }) else { return nil }
      return Double(number).map { $0 * factor }
    }
    return nil
  }
}

extension Fields {
  /// A probability or a correlation.
  fileprivate func share(_ name: String) throws(ScriptError) -> Double? {
    switch table[name] {
    case .nil: return nil
    case .integer(let number) where (0...1).contains(number): return Double(number)
    case .number(let number) where (0...1).contains(number): return number
    default: throw wrong(name, "a number from 0 to 1")
    }
  }
}
