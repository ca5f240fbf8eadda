import Glibc

/// Which VLANs a port is in (IEEE 802.1Q). A port without any is on the network of all such ports.
public enum VLANMembership: Sendable, Hashable {
  case none
  /// Its frames have no tag.
  case access(Int)
  /// Its frames have tags.
  case trunk(Set<Int>)

  /// The numbers that there are.
  public static let numbers = 1...4094
}

/// The same as the switch's thread keeps it.
struct PortVLAN {
  /// 0 for none, and for a trunk.
  private(set) var access: UInt16 = 0
  /// A bit for each VLAN; nil for no trunk.
  private var trunk: UnsafeMutablePointer<UInt64>?

  var isTrunk: Bool { trunk != nil }

  mutating func set(_ membership: VLANMembership) {
    free()
    switch membership {
    case .none: break
    case .access(let vlan): access = UInt16(vlan)
    case .trunk(let vlans):
      let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: 64)
      bits.initialize(repeating: 0, count: 64)
      for vlan in vlans { bits[vlan / 64] |= 1 << UInt64(vlan % 64) }
      trunk = bits
    }
  }

  mutating func free() {
    trunk?.deallocate()
    (access, trunk) = (0, nil)
  }

  func has(_ vlan: UInt16) -> Bool {
    guard let trunk else { return access == vlan }
    return trunk[Int(vlan) / 64] & (1 << UInt64(vlan % 64)) != 0
  }
}

extension SwitchCore {
  /// Which VLAN a frame from this port is in; nil if the port may send none such. A tag is of no use
  /// behind that.
  func classify(_ frame: UnsafePointer<UInt8>, _ length: Int, from index: Int) -> UInt16? {
    let port = ports[index].vlan
    let tag = length >= EthernetFrame.minimum + 4 && frame[12] == 0x81 && frame[13] == 0
    if port.isTrunk {
      let vlan = UInt16(frame[14] & 15) << 8 | UInt16(frame[15])
      return tag && port.has(vlan) ? vlan : nil
    }
    return tag && port.access != 0 ? nil : port.access
  }

  /// A copy without its tag, since a duplicate of the frame may come after it.
  func untagged(_ frame: UnsafePointer<UInt8>, _ length: Int) -> UnsafeMutablePointer<UInt8> {
    let copy = scratch + 3 * EthernetFrame.maximum
    memcpy(copy, frame, 12)
    memcpy(copy + 12, frame + 16, length - 16)
    return copy
  }

  /// A copy with a tag.
  func tagged(
    _ frame: UnsafePointer<UInt8>, _ length: Int, _ vlan: UInt16
  ) -> UnsafeMutablePointer<UInt8> {
    let copy = scratch + 4 * EthernetFrame.maximum
    memcpy(copy, frame, 12)
    copy[12] = 0x81
    copy[13] = 0
    copy[14] = UInt8(vlan >> 8)
    copy[15] = UInt8(vlan & 255)
    memcpy(copy + 16, frame + 12, length - 12)
    return copy
  }
}
