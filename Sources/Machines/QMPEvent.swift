/// An event that QEMU reported.
public struct QMPEvent: Sendable, Hashable {
  public var name: String
  public var data: JSON
  /// Seconds since 1970, by the host's clock.
  public var time: Double
}
