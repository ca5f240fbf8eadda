/// Random numbers that can be asked for by place: draw `lane` of frame `n` is the same however many
/// draws were looked at before. It is SplitMix64, read at position `n * lanes + lane`: so each frame
/// has a fixed number of draws, and those that nobody needs cost nothing.
struct FaultGenerator {
  static let lanes: UInt64 = 8
  private static let step: UInt64 = 0x9e37_79b9_7f4a_7c15

  private let seed: UInt64
  private var position: UInt64 = 0

  init(seed: UInt64) { self.seed = seed }

  /// A seed for what belongs to this one and must not run beside it in step.
  static func derive(_ seed: UInt64, _ part: UInt64) -> UInt64 {
    mix(mix(seed &+ step) ^ mix(part &+ 2 &* step))
  }

  /// To be called once for each frame, when its draws were taken.
  mutating func next() { position &+= Self.lanes }

  /// 64 random bits; the high half and the low half may be used apart.
  func draw(_ lane: UInt64) -> UInt64 {
    Self.mix(seed &+ (position &+ lane &+ 1) &* Self.step)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
