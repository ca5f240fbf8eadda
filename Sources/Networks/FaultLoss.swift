/// A loss model at work.
struct FaultLoss {
  private let isChain: Bool
  private var chance: Chance
  private let toBad: UInt64
  private let toGood: UInt64
  private let bad: UInt64
  private let good: UInt64
  private var isBad = false

  init(_ model: LossModel?) {
    switch model {
    case .gilbertElliott(let toBad, let toGood, let bad, let good):
      isChain = true
      chance = Chance(0)
      self.toBad = UInt64(toBad * 0x1p32)
      self.toGood = UInt64(toGood * 0x1p32)
      self.bad = UInt64(bad * 0x1p32)
      self.good = UInt64(good * 0x1p32)
    case .random(let probability, let correlation):
      isChain = false
      chance = Chance(probability, correlation: correlation)
      (toBad, toGood, bad, good) = (0, 0, 0, 0)
    case nil:
      isChain = false
      chance = Chance(0)
      (toBad, toGood, bad, good) = (0, 0, 0, 0)
    }
  }

  /// Whether a frame is lost. As netem's, the state of before the frame decides over it.
  @inline(__always)
  mutating func happens(_ draw: UInt64, state: UInt64) -> Bool {
    guard isChain else { return chance.isPossible && chance.happens(draw) }
    let isLost = draw >> 32 < (isBad ? bad : good)
    if state >> 32 < (isBad ? toGood : toBad) { isBad.toggle() }
    return isLost
  }
}
