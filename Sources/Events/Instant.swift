import Glibc
import Synchronization

/// A point on the run's clock: CLOCK_MONOTONIC less the time the run spent stopped by Ctrl-Z, so
/// that a paused run loses none of its time-outs. CLOCK_MONOTONIC itself stands still while the
/// host is suspended (clock_gettime(2)).
public struct Instant: Comparable, Hashable, Sendable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  private static let stopped = Atomic<Int64>(0)

  public static var now: Instant {
    Instant(nanoseconds: monotonic() - stopped.load(ordering: .relaxed))
  }

  /// Takes the time since `start`, as `monotonic()` read it, out of the clock.
  public static func excludeTime(since start: Int64) {
    stopped.add(monotonic() - start, ordering: .relaxed)
  }

  /// Nanoseconds on CLOCK_MONOTONIC itself.
  public static func monotonic() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Seconds from `earlier` to this instant.
  public func seconds(since earlier: Instant) -> Double {
    Double(nanoseconds - earlier.nanoseconds) / 1e9
  }

  /// This instant moved by `seconds`; saturates instead of overflowing.
  public func advanced(by seconds: Double) -> Instant {
    let delta = seconds * 1e9
    guard delta < 4e18 else { return Instant(nanoseconds: .max) }
    guard delta > -4e18 else { return Instant(nanoseconds: .min) }
    let (sum, overflow) = nanoseconds.addingReportingOverflow(Int64(delta))
    return Instant(nanoseconds: overflow ? (delta > 0 ? .max : .min) : sum)
  }
}
