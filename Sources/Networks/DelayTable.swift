import Glibc

/// The quantiles of a distribution at the middle of 4096 equal steps of probability; lives for ever.
struct DelayTable: @unchecked Sendable {
  static let bits: UInt32 = 12
  static let count = 1 << Int(bits)
  /// Where netem's 16-bit tables end, in units of 8192.
  private static let end = 32767.0 / 8192

  let values: UnsafePointer<Float>

  private init(_ quantile: (Int) -> Double) {
    let values = UnsafeMutablePointer<Float>.allocate(capacity: Self.count)
    for step in 0..<Self.count {
      values[step] = Float(max(-Self.end, min(Self.end, quantile(step))))
    }
    self.values = UnsafePointer(values)
  }

  static let normal: DelayTable = {
    let upper = upperNormal()
    let half = count / 2
    return DelayTable { $0 < half ? -upper[half - 1 - $0] : upper[$0 - half] }
  }()

  /// Shape 3, moved and scaled to mean 0 and deviation about 1, as netem's generator does.
  static let pareto = DelayTable { step in
    let rest = 1 - (Double(step) + 0.5) / Double(count)
    return (1 / cbrt(rest) - 1.5) * 4 / 3
  }

  /// A quarter normal and three quarters Pareto, quantile by quantile.
  static let paretonormal = DelayTable {
    Double(normal.values[$0]) / 4 + Double(pareto.values[$0]) * 3 / 4
  }

  /// The probability that a standard normal variable is below `x`.
  static func normalProbability(_ x: Double) -> Double { erfc(-x * 0.5.squareRoot()) / 2 }

  /// The normal quantiles above one half: each by Newton's method from the one before.
  private static func upperNormal() -> [Double] {
    var x = 0.0
    return (0..<count / 2).map { step in
      let wanted = 0.5 + (Double(step) + 0.5) / Double(count)
      for _ in 0..<5 {
        let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
        x += (wanted - normalProbability(x)) / density
      }
      return x
    }
  }
}
