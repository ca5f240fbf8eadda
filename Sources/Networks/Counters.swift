/// What went through a port, in frames.
public struct PortCounters: Sendable, Hashable {
  /// From the machine.
  public var received: UInt64 = 0
  public var receivedBytes: UInt64 = 0
  /// To the machine.
  public var sent: UInt64 = 0
  public var sentBytes: UInt64 = 0
  /// To the machine, and lost because it did not read and its queue was full.
  public var overflowed: UInt64 = 0
  /// From the machine: empty, too short or too long for Ethernet, or from no possible address.
  public var invalid: UInt64 = 0
}

/// What became of the frames from one port to another, impairments apart.
public struct LinkCounters: Sendable, Hashable {
  /// Put into the receiver's queue, copies included.
  public var passed: UInt64 = 0
  /// Dropped by a partition, a cut, or an unplugged end.
  public var cut: UInt64 = 0
  /// Kept by `hold`.
  public var held: UInt64 = 0
  /// Dropped because the receiver's queue, or the switch's own memory, was full.
  public var overflowed: UInt64 = 0

  public init() {}

  public static func += (sum: inout LinkCounters, other: LinkCounters) {
    sum.passed += other.passed
    sum.cut += other.cut
    sum.held += other.held
    sum.overflowed += other.overflowed
  }
}
