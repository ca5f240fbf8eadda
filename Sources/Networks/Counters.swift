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

/// What became of the frames from one port to another.
public struct LinkCounters: Sendable, Hashable {
  /// Put into the receiver's queue, copies included.
  public var passed: UInt64 = 0
  /// Dropped by a partition, a cut, or an unplugged end.
  public var cut: UInt64 = 0
  /// Dropped by an impairment: its loss, its filter, its full queue.
  public var lost: UInt64 = 0
  /// Kept at least once by `hold`.
  public var held: UInt64 = 0
  public var delayed: UInt64 = 0
  public var duplicated: UInt64 = 0
  public var corrupted: UInt64 = 0
  public var reordered: UInt64 = 0
  /// Dropped because the receiver's queue, or the switch's own memory, was full.
  public var overflowed: UInt64 = 0

  public init() {}

  public static func + (a: LinkCounters, b: LinkCounters) -> LinkCounters {
    var sum = a
    sum.passed += b.passed
    sum.cut += b.cut
    sum.lost += b.lost
    sum.held += b.held
    sum.delayed += b.delayed
    sum.duplicated += b.duplicated
    sum.corrupted += b.corrupted
    sum.reordered += b.reordered
    sum.overflowed += b.overflowed
    return sum
  }
}
