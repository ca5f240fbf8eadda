/// Which frames an impairment is for: all that is given must fit. Holds no references.
public struct FrameMatch: Sendable, Hashable {
  /// Ethernet's type, after VLAN tags: 0x0800 IPv4, 0x0806 ARP, 0x86dd IPv6.
  public var etherType: UInt16?
  /// IP's protocol, of either version: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6.
  public var ipProtocol: UInt8?
  /// TCP's, UDP's or SCTP's port on either side, or on that side.
  public var port: UInt16?
  public var sourcePort: UInt16?
  public var destinationPort: UInt16?
  /// IP's address, or ARP's, on either side, or on that side.
  public var address: AddressRange?
  public var sourceAddress: AddressRange?
  public var destinationAddress: AddressRange?
  /// Six bytes, the first in the highest place, on either side, or on that side.
  public var mac: UInt64?
  public var sourceMAC: UInt64?
  public var destinationMAC: UInt64?
  /// The outer VLAN tag's number; 0 for frames without a tag.
  public var vlan: UInt16?

  public init() {}

  public func fits(_ header: FrameHeader) -> Bool {
    if let etherType, etherType != header.etherType { return false }
    if let ipProtocol, Int(ipProtocol) != header.ipProtocol { return false }
    if let vlan, vlan != header.vlan { return false }
    return fitsPorts(header) && fitsAddresses(header) && fitsMACs(header)
  }

  private func fitsPorts(_ header: FrameHeader) -> Bool {
    guard port != nil || sourcePort != nil || destinationPort != nil else { return true }
    guard header.hasPorts else { return false }
    if let port, port != header.sourcePort, port != header.destinationPort { return false }
    if let sourcePort, sourcePort != header.sourcePort { return false }
    if let destinationPort, destinationPort != header.destinationPort { return false }
    return true
  }

  private func fitsAddresses(_ header: FrameHeader) -> Bool {
    guard address != nil || sourceAddress != nil || destinationAddress != nil else { return true }
    guard header.hasAddresses else { return false }
    let (source, destination) = (header.sourceAddress, header.destinationAddress)
    if let address, !address.contains(source), !address.contains(destination) { return false }
    if let sourceAddress, !sourceAddress.contains(source) { return false }
    if let destinationAddress, !destinationAddress.contains(destination) { return false }
    return true
  }

  private func fitsMACs(_ header: FrameHeader) -> Bool {
    if let mac, mac != header.sourceMAC, mac != header.destinationMAC { return false }
    if let sourceMAC, sourceMAC != header.sourceMAC { return false }
    if let destinationMAC, destinationMAC != header.destinationMAC { return false }
    return true
  }
}
