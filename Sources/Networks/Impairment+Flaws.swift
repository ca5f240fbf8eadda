extension Impairment {
  /// The longest time that a frame may be kept, in seconds.
  public static let longestDelay = 3600.0

  /// What is wrong with it, in the words of a script's fields; nil if it can be used.
  public var flaw: String? {
    let probabilities = [
      ("duplicate", duplicate), ("corrupt", corrupt), ("reorder", reorder),
    ]
    for (name, value) in probabilities + lossProbabilities where !(0...1).contains(value) {
      return "'\(name)' is a probability, from 0 to 1"
    }
    let correlations = [
      ("delay_correlation", delayCorrelation), ("duplicate_correlation", duplicateCorrelation),
      ("corrupt_correlation", corruptCorrelation), ("reorder_correlation", reorderCorrelation),
    ]
    for (name, value) in correlations + lossCorrelations where !(value >= 0 && value < 1) {
      return "'\(name)' is from 0 to below 1"
    }
    for (name, value) in [("delay", delay), ("jitter", jitter)]
    where !(0...Self.longestDelay).contains(value) {
      return "'\(name)' is from 0 to \(Int(Self.longestDelay)) seconds"
    }
    return flawOfRate ?? flawOfTime ?? flawOfReach
  }

  private var lossProbabilities: [(String, Double)] {
    switch loss {
    case .random(let probability, _): [("loss", probability)]
    case .gilbertElliott(let toBad, let toGood, let bad, let good):
      [("gemodel.p", toBad), ("gemodel.r", toGood), ("gemodel.bad", bad), ("gemodel.good", good)]
    case nil: []
    }
  }

  private var lossCorrelations: [(String, Double)] {
    if case .random(_, let correlation) = loss { [("loss_correlation", correlation)] } else { [] }
  }

  private var flawOfRate: String? {
    guard let rate else {
      if burst != 0 || limit != Self.defaultLimit { return "'burst' and 'limit' want a 'rate'" }
      return nil
    }
    if !(1...1e12).contains(rate) {
      return "'rate' is from 1bit to 1000gbit; 'loss = 1' lets none by"
    }
    if !(0...1 << 30).contains(burst) { return "'burst' is from 0 to 1 GiB" }
    if !(1...1 << 30).contains(limit) { return "'limit' is from 1 byte to 1 GiB" }
    return nil
  }

  private var flawOfTime: String? {
    if let first, first < 1 { return "'first' is at least 1" }
    if let period, !(period > 0 && period <= 1e6) {
      return "'period' is above 0 and at most 1e6 seconds"
    }
    if let flap, ![flap.on, flap.off].allSatisfy({ (0.001...1e6).contains($0) }) {
      return "'flap.on' and 'flap.off' are from 0.001 to 1e6 seconds"
    }
    return nil
  }

  private var flawOfReach: String? {
    if delayCorrelation > 0 && jitter == 0 { return "'delay_correlation' wants a 'jitter'" }
    if reorder > 0 && delay == 0 && jitter == 0 && rate == nil {
      return "'reorder' wants a 'delay' that some frames are spared"
    }
    if !(1...1 << 30).contains(gap) { return "'gap' is at least 1" }
    if gap > 1 && reorder == 0 { return "'gap' wants a 'reorder'" }
    return nil
  }
}
