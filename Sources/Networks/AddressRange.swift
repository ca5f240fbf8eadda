import Glibc

/// The addresses that share their first bits with one: `10.0.0.0/8`, or one alone.
public struct AddressRange: Sendable, Hashable {
  private let base: Address
  private let mask: Address

  public init(_ address: Address, bits: Int = 128) {
    mask = Address(
      high: bits >= 64 ? .max : bits <= 0 ? 0 : .max << UInt64(64 - bits),
      low: bits >= 128 ? .max : bits <= 64 ? 0 : .max << UInt64(128 - bits))
    base = Address(high: address.high & mask.high, low: address.low & mask.low)
  }

  /// `10.0.0.1`, `10.0.0.0/8`, `fe80::1` or `fe80::/10`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    var bytes = in6_addr()
    let isV4 = !text.contains(":")
    let host = isV4 ? "::ffff:\(parts[0])" : String(parts[0])
    guard parts.count <= 2, inet_pton(AF_INET6, host, &bytes) == 1 else { return nil }
    let address = withUnsafeBytes(of: bytes) {
      Address(
        high: UInt64(bigEndian: $0.load(as: UInt64.self)),
        low: UInt64(bigEndian: $0.load(fromByteOffset: 8, as: UInt64.self)))
    }
    let width = isV4 ? 32 : 128
    guard parts.count == 2 else {
      self.init(address)
      return
    }
    guard let bits = Int(parts[1]), (0...width).contains(bits) else { return nil }
    self.init(address, bits: bits + 128 - width)
  }

  public func contains(_ address: Address) -> Bool {
    address.high & mask.high == base.high && address.low & mask.low == base.low
  }
}
