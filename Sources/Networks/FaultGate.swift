/// When an impairment is on: for the first frames, for a period, by turns.
struct FaultGate {
  private var left: Int
  private let start: UInt64
  private let period: UInt64
  private let on: UInt64
  private let cycle: UInt64
  private let isAlways: Bool

  init(_ impairment: Impairment, now: UInt64) {
    func nanoseconds(_ seconds: Double?) -> UInt64 { seconds.map { UInt64($0 * 1e9) } ?? .max }
    left = impairment.first ?? .max
    start = now
    period = nanoseconds(impairment.period)
    on = nanoseconds(impairment.flap?.on)
    cycle = impairment.flap.map { nanoseconds($0.on) + nanoseconds($0.off) } ?? .max
    isAlways = impairment.first == nil && impairment.period == nil && impairment.flap == nil
  }

  /// Counts a frame that matches.
  @inline(__always)
  mutating func isOpen(_ now: UInt64) -> Bool {
    if isAlways { return true }
    let since = now > start ? now - start : 0
    guard since < period, since % cycle < on, left > 0 else { return false }
    if left != .max { left -= 1 }
    return true
  }
}
