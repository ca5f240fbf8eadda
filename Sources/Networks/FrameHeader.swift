/// What can be read of an Ethernet frame without keeping anything: never past its end, whatever a
/// guest wrote there.
public struct FrameHeader: Sendable {
  /// Six bytes, the first in the highest place.
  public private(set) var destinationMAC: UInt64 = 0
  public private(set) var sourceMAC: UInt64 = 0
  /// The outer tag's number; 0 without one.
  public private(set) var vlan: UInt16 = 0
  public private(set) var etherType: UInt16 = 0
  /// -1 if the frame is not IP.
  public private(set) var ipProtocol = -1
  public private(set) var hasAddresses = false
  public private(set) var sourceAddress = Address(high: 0, low: 0)
  public private(set) var destinationAddress = Address(high: 0, low: 0)
  public private(set) var hasPorts = false
  public private(set) var sourcePort: UInt16 = 0
  public private(set) var destinationPort: UInt16 = 0
  /// TCP's flags; 0 for all else.
  public private(set) var tcpFlags: UInt8 = 0
  /// ICMP's type and the identifier of an echo; -1 and 0 for all else.
  public private(set) var icmpType = -1
  public private(set) var icmpIdentifier: UInt16 = 0

  /// ICMP's and ICMPv6's echo.
  public var isEchoRequest: Bool {
    ipProtocol == 1 && icmpType == 8 || ipProtocol == 58 && icmpType == 128
  }
  public var isEchoReply: Bool {
    ipProtocol == 1 && icmpType == 0 || ipProtocol == 58 && icmpType == 129
  }

  /// Opens a TCP connection: SYN without ACK.
  public var opensTCP: Bool { ipProtocol == 6 && tcpFlags & 0x12 == 0x02 }

  public init(_ frame: UnsafeRawBufferPointer) {
    guard frame.count >= 14 else { return }
    destinationMAC = frame.big(0, UInt64.self) >> 16
    sourceMAC = frame.big(6, UInt64.self) >> 16
    etherType = frame.big(12, UInt16.self)
    var offset = 14
    while etherType == 0x8100 || etherType == 0x88a8, frame.count >= offset + 4 {
      if vlan == 0 { vlan = frame.big(offset, UInt16.self) & 0xfff }
      etherType = frame.big(offset + 2, UInt16.self)
      offset += 4
    }
    switch etherType {
    case 0x0800: readV4(frame, offset)
    case 0x86dd: readV6(frame, offset)
    case 0x0806: readARP(frame, offset)
    default: break
    }
  }

  private mutating func readARP(_ frame: UnsafeRawBufferPointer, _ offset: Int) {
    guard frame.count >= offset + 28, frame.big(offset + 2, UInt16.self) == 0x0800 else { return }
    hasAddresses = true
    sourceAddress = Address(v4: frame.big(offset + 14, UInt32.self))
    destinationAddress = Address(v4: frame.big(offset + 24, UInt32.self))
  }

  private mutating func readV4(_ frame: UnsafeRawBufferPointer, _ offset: Int) {
    guard frame.count >= offset + 20, frame[offset] >> 4 == 4 else { return }
    hasAddresses = true
    sourceAddress = Address(v4: frame.big(offset + 12, UInt32.self))
    destinationAddress = Address(v4: frame.big(offset + 16, UInt32.self))
    ipProtocol = Int(frame[offset + 9])
    let isFirstFragment = frame.big(offset + 6, UInt16.self) & 0x1fff == 0
    if isFirstFragment { readTransport(frame, offset + Int(frame[offset] & 15) * 4) }
  }

  private mutating func readV6(_ frame: UnsafeRawBufferPointer, _ offset: Int) {
    guard frame.count >= offset + 40, frame[offset] >> 4 == 6 else { return }
    hasAddresses = true
    sourceAddress = Address(
      high: frame.big(offset + 8, UInt64.self), low: frame.big(offset + 16, UInt64.self))
    destinationAddress = Address(
      high: frame.big(offset + 24, UInt64.self), low: frame.big(offset + 32, UInt64.self))
    ipProtocol = Int(frame[offset + 6])
    var next = offset + 40
    // Hop-by-hop, routing, fragment and destination headers; more than eight are a prank.
    for _ in 0..<8 {
      guard Self.isExtension(ipProtocol) else {
        readTransport(frame, next)
        return
      }
      guard frame.count >= next + 8 else { return }
      let isFragment = ipProtocol == 44
      ipProtocol = Int(frame[next])
      if isFragment && frame.big(next + 2, UInt16.self) & 0xfff8 != 0 { return }
      next += isFragment ? 8 : 8 + Int(frame[next + 1]) * 8
    }
  }

  private static func isExtension(_ number: Int) -> Bool {
    number == 0 || number == 43 || number == 44 || number == 60
  }

  private mutating func readTransport(_ frame: UnsafeRawBufferPointer, _ offset: Int) {
    switch ipProtocol {
    case 6, 17, 132:
      guard frame.count >= offset + 4 else { return }
      hasPorts = true
      sourcePort = frame.big(offset, UInt16.self)
      destinationPort = frame.big(offset + 2, UInt16.self)
      if ipProtocol == 6, frame.count > offset + 13 { tcpFlags = frame[offset + 13] }
    case 1, 58:
      guard frame.count >= offset + 8 else { return }
      icmpType = Int(frame[offset])
      icmpIdentifier = frame.big(offset + 4, UInt16.self)
    default: break
    }
  }
}

extension UnsafeRawBufferPointer {
  @inline(__always)
  fileprivate func big<T: FixedWidthInteger>(_ offset: Int, _: T.Type) -> T {
    T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
  }
}
