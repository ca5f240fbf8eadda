/// An IP address of either version; version 4 as ::ffff:a.b.c.d.
public struct Address: Sendable, Hashable {
  public var high: UInt64
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  public init(v4 number: UInt32) { self.init(high: 0, low: 0xffff_0000_0000 | UInt64(number)) }
}
