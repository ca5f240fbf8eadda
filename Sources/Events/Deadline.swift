/// When a wait gives up.
public struct Deadline: Comparable, Hashable, Sendable {
  public var instant: Instant

  public init(_ instant: Instant) { self.instant = instant }

  /// `seconds` from now; a negative or NaN number of seconds has passed already.
  public static func after(_ seconds: Double) -> Deadline {
    Deadline(Instant.now.advanced(by: seconds > 0 ? seconds : 0))
  }

  public static let never = Deadline(Instant(nanoseconds: .max))

  public var hasPassed: Bool { instant <= .now }

  /// Seconds left, 0 when it has passed.
  public var remaining: Double { max(0, instant.seconds(since: .now)) }

  public static func < (a: Deadline, b: Deadline) -> Bool { a.instant < b.instant }
}
