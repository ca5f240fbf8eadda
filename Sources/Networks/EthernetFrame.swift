/// An Ethernet frame's sizes and addresses (IEEE 802.3, without its check sequence).
public enum EthernetFrame {
  /// Two addresses and a type.
  public static let minimum = 14
  /// What a QEMU takes; a longer one ends its reading for good (measured with 7.2).
  public static let maximum = 65536

  /// The six bytes there as a number, the first the lowest. Two more bytes are read.
  @inline(__always) static func address(_ place: UnsafePointer<UInt8>) -> UInt64 {
    UnsafeRawPointer(place).loadUnaligned(as: UInt64.self).littleEndian & 0xffff_ffff_ffff
  }

  /// Multicast and broadcast.
  @inline(__always) static func isGroup(_ address: UInt64) -> Bool { address & 1 != 0 }
}
