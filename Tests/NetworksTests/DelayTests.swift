import Glibc
import Testing

@testable import Networks

/// Jitter's shapes, by the test of Kolmogorov and Smirnov against netem's formulas.
@Suite struct DelayTests {
  /// In units of jitter, around the delay.
  private func sample(
    _ distribution: DelayDistribution, correlation: Double = 0, _ count: Int
  ) -> [Double] {
    let faults = LinkFaults(
      seed: 5,
      Impairment {
        $0.delay = 1
        $0.jitter = 0.1
        $0.distribution = distribution
        $0.delayCorrelation = correlation
      })
    var values: [Double] = []
    faults.judge(count) { verdict, now in
      values.append((Double(verdict.release.0 - now) / 1e9 - 1) / 0.1)
    }
    return values
  }

  /// The greatest distance between the sample's and the wanted probability, times the root of its
  /// size: above 1.95 in one of a thousand cases. Tables end at four deviations, and so does this.
  private func distance(_ sample: [Double], _ probability: (Double) -> Double) -> Double {
    let sorted = sample.sorted()
    let count = Double(sorted.count)
    var greatest = 0.0
    for (index, value) in sorted.enumerated() where value < 3.999 {
      let wanted = probability(value)
      let (low, high) = (Double(index) / count, Double(index + 1) / count)
      greatest = max(greatest, wanted - low, high - wanted)
    }
    return greatest * count.squareRoot()
  }

  private static func normal(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }
  private static func pareto(_ x: Double) -> Double { 1 - pow(x * 3 / 4 + 1.5, -3) }

  /// Of a quarter of the normal quantile and three quarters of Pareto's.
  private static func paretonormal(_ x: Double) -> Double {
    var (low, high) = (-9.0, 9.0)
    for _ in 0..<40 {
      let z = (low + high) / 2
      let pareto = (1 / cbrt(normal(-z)) - 1.5) * 4 / 3
      if z / 4 + pareto * 3 / 4 < x { low = z } else { high = z }
    }
    return normal(low)
  }

  @Test func jitterHasTheShapeAskedFor() {
    #expect(distance(sample(.uniform, 100_000)) { ($0 + 1) / 2 } < 1.95)
    #expect(distance(sample(.normal, 100_000), Self.normal) < 1.95)
    #expect(distance(sample(.pareto, 100_000), Self.pareto) < 1.95)
    #expect(distance(sample(.paretonormal, 20_000), Self.paretonormal) < 1.95)
    // A wrong shape is told from the right one.
    #expect(distance(sample(.pareto, 100_000), Self.paretonormal(_:)) > 5)
  }

  /// Neighbours depend on each other, so the shape is tested on every 20th.
  @Test(arguments: [DelayDistribution.normal, .uniform])
  func correlatedJitterKeepsItsShape(_ distribution: DelayDistribution) {
    let values = sample(distribution, correlation: 0.6, 400_000)
    let apart = stride(from: 0, to: values.count, by: 20).map { values[$0] }
    let wanted = distribution == .normal ? Self.normal : { ($0 + 1) / 2 }
    #expect(distance(apart, wanted) < 1.95)
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let covariance = zip(values, values.dropFirst()).reduce(0) {
      $0 + ($1.0 - mean) * ($1.1 - mean)
    }
    // Of uniform ones it is 6 / pi * asin(0.6 / 2).
    let expected = distribution == .normal ? 0.6 : 6 / Double.pi * asin(0.3)
    #expect(abs(covariance / variance - expected) < 0.01)
  }

  @Test func jitterNeverMakesADelayNegative() {
    let faults = LinkFaults(
      Impairment {
        $0.delay = 0.001
        $0.jitter = 0.01
      })
    var atOnce = 0
    faults.judge(10_000, gap: 1_000_000) { verdict, now in
      #expect(verdict.release.0 >= now && verdict.release.0 <= now + 11_000_000)
      if verdict.release.0 == now { atOnce += 1 }
    }
    #expect(isLikely(atOnce, of: 10_000, 0.45))
  }

  /// The tables that Debian's iproute2 gives to netem, in units of 1/8192.
  @Test(arguments: [DelayDistribution.normal, .pareto, .paretonormal])
  func jitterHasTheShapesOfNetemsTables(_ distribution: DelayDistribution) throws {
    var found = glob_t()
    defer { globfree(&found) }
    try #require(glob("/usr/lib/*/tc/\(distribution).dist", 0, nil, &found) == 0)
    let file = try #require(fopen(found.gl_pathv[0]!, "r"))
    defer { fclose(file) }
    var table: [Double] = []
    var line = [CChar](repeating: 0, count: 4096)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
      guard !text.hasPrefix("#") else { continue }
      table += text.split(whereSeparator: \.isWhitespace).compactMap {
        Double($0).map { $0 / 8192 }
      }
    }
    table.sort()
    try #require(table.count > 1000)
    func share(_ value: Double) -> Double {
      Double(table.count { $0 <= value }) / Double(table.count)
    }
    for step in stride(from: 0, to: DelayTable.count, by: 41) {
      let ours = Double(try #require(distribution.quantiles)[step])
      let difference = share(ours) - (Double(step) + 0.5) / Double(DelayTable.count)
      #expect(ours > 3.99 || abs(difference) < 0.005, "at \(ours): \(difference)")
    }
  }
}
