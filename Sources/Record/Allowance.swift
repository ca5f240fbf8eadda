import Events

/// How often something may be told: so many at once, and so many a second after that.
public struct Allowance: Sendable {
  public static let burst = 4000.0

  private let perSecond: Double
  private var left = Allowance.burst
  private var last: Instant?

  public init(perSecond: Double = 100) { self.perSecond = perSecond }

  /// Whether there is one more at this time, which is used up then.
  public mutating func take(at now: Instant) -> Bool {
    if let last { left = min(Self.burst, left + now.seconds(since: last) * perSecond) }
    last = now
    guard left >= 1 else { return false }
    left -= 1
    return true
  }
}
