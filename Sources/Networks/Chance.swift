/// Something that befalls a frame with a probability, and perhaps more often after it did.
///
/// netem mixes each random number with the last, which also makes the rare rarer. Here the last
/// decision is repeated with the probability `correlation`: as many frames are hit as without it, and
/// whether one is hit correlates with the one before by just that much.
struct Chance {
  private let threshold: UInt64
  private let repeats: UInt64
  private var last: Bool?

  init(_ probability: Double, correlation: Double = 0) {
    threshold = UInt64(probability * 0x1p32)
    repeats = UInt64(correlation * 0x1p32)
  }

  var isPossible: Bool { threshold > 0 }

  /// `draw` has two independent halves.
  @inline(__always)
  mutating func happens(_ draw: UInt64) -> Bool {
    if repeats > 0 {
      if let last, draw & 0xffff_ffff < repeats { return last }
      let result = draw >> 32 < threshold
      last = result
      return result
    }
    return draw >> 32 < threshold
  }
}
