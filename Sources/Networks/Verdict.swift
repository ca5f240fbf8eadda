/// What is to be done with one frame. Made once and used again for every frame; holds no references.
public struct Verdict: Sendable {
  /// nil if the frame goes on.
  public var dropped: DropReason?
  /// Which impairment of the link's stack dropped it, from 0; -1 if none did.
  public var rule = -1
  /// 1, or 2 when it was duplicated. Meaningless when dropped.
  public var copies = 1
  /// When each copy is to be sent, in nanoseconds of the switch's clock; `now` itself: at once.
  public var release: (UInt64, UInt64) = (0, 0)
  /// The bit of the frame to flip, from the first byte's lowest.
  public var corruptedBit: Int?
  /// It was let past those that wait.
  public var isReordered = false

  public init() {}

  /// A frame that nothing befell yet.
  @inline(__always)
  public mutating func pass(at now: UInt64) {
    dropped = nil
    rule = -1
    copies = 1
    release = (now, now)
    corruptedBit = nil
    isReordered = false
  }

  /// Dropped by something outside the link's own faults.
  @inline(__always)
  public mutating func drop(_ reason: DropReason, rule: Int = -1) {
    dropped = reason
    self.rule = rule
  }
}
