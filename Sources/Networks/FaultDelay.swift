import Glibc

/// Delay and jitter at work, in nanoseconds.
///
/// Correlated jitter goes through a normal variable that remembers: each value is `correlation`
/// times the last and the rest new, which leaves it normal; its probability then chooses from the
/// distribution asked for. So the shape stays what it is without correlation, which netem's mixing of
/// uniform numbers does not achieve.
struct FaultDelay {
  private let delay: Double
  private let jitter: Double
  private let quantiles: UnsafePointer<Float>?
  private let correlation: Double
  private let rest: Double
  private var last: Double?
  private let fixed: UInt64

  init(_ impairment: Impairment) {
    delay = impairment.delay * 1e9
    jitter = impairment.jitter * 1e9
    quantiles = impairment.distribution.quantiles
    correlation = impairment.delayCorrelation
    rest = (1 - correlation * correlation).squareRoot()
    fixed = UInt64(delay.rounded())
  }

  /// The next frame's, and that of its copy if it has one.
  @inline(__always)
  mutating func next(_ draw: UInt64, copy: UInt64) -> (UInt64, UInt64) {
    if jitter == 0 { return (fixed, fixed) }
    if correlation == 0 { return (spread(draw >> 32), spread(copy >> 32)) }
    return correlated(draw, copy)
  }

  private mutating func correlated(_ draw: UInt64, _ copy: UInt64) -> (UInt64, UInt64) {
    let value = remembering(last, draw)
    last = value
    return (spread(Self.bits(value)), spread(Self.bits(remembering(value, copy))))
  }

  private func remembering(_ last: Double?, _ draw: UInt64) -> Double {
    let new = Double(DelayTable.normal.values[Int(draw >> (64 - UInt64(DelayTable.bits)))])
    guard let last else { return new }
    return correlation * last + rest * new
  }

  /// A normal variable's probability, in 32 bits.
  private static func bits(_ value: Double) -> UInt64 {
    min(UInt64(UInt32.max), UInt64(DelayTable.normalProbability(value) * 0x1p32))
  }

  @inline(__always)
  private func spread(_ draw: UInt64) -> UInt64 {
    let value =
      quantiles.map { Double($0[Int(draw >> (32 - UInt64(DelayTable.bits)))]) }
      ?? (Double(draw) / 0x1p31 - 1)
    return UInt64(max(0, delay + jitter * value).rounded())
  }
}
