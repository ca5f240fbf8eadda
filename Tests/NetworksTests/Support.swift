import Networks

extension LinkFaults {
  /// One direction with these impairments, set at 0 of its clock.
  convenience init(seed: UInt64 = 1, _ stack: Impairment...) {
    self.init(seed: seed)
    set(stack, now: 0)
  }

  func judge(_ frame: [UInt8], at now: UInt64 = 0) -> Verdict {
    var verdict = Verdict()
    frame.withUnsafeBytes { judge($0, now: now, into: &verdict) }
    return verdict
  }

  /// The verdicts over `count` frames of `bytes` bytes, one each `gap` nanoseconds.
  func judge(
    _ count: Int, bytes: Int = 100, gap: UInt64 = 0, _ body: (Verdict, UInt64) -> Void
  ) {
    let frame = [UInt8](repeating: 0, count: bytes)
    var verdict = Verdict()
    frame.withUnsafeBytes { frame in
      for number in 0..<UInt64(count) {
        judge(frame, now: number * gap, into: &verdict)
        body(verdict, number * gap)
      }
    }
  }
}

extension Impairment {
  init(_ change: (inout Impairment) -> Void) {
    self.init()
    change(&self)
  }
}

/// Whether a count of what has this probability is within three standard deviations.
func isLikely(_ hits: Int, of count: Int, _ probability: Double) -> Bool {
  let (n, p) = (Double(count), probability)
  return abs(Double(hits) - n * p) <= 3 * (n * p * (1 - p)).squareRoot()
}
