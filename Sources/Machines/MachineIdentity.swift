/// What tells one machine from another, derived from the run's seed and the machine's name alone, so
/// that the same script makes the same machines.
struct MachineIdentity: Sendable {
  let seed: UInt64
  let name: String

  /// A locally administered unicast address (IEEE 802-2014, 8.2.2: second-lowest bit of the first
  /// octet set, lowest clear).
  func mac(_ interface: String) -> String {
    let bits = hash("mac/\(interface)")
    var octets = (0..<6).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
    octets[0] = (octets[0] | 0x02) & 0xfe
    return octets.map { hexadecimal(UInt64($0), digits: 2) }.joined(separator: ":")
  }

  /// Without one of its own, each machine would have the UUID 0, and cloned disks that take their
  /// identity from it would agree with each other. Marked as version 4 (RFC 9562, 5.4).
  var uuid: String {
    let high = hash("uuid/high") & ~0xf000 | 0x4000
    let low = hash("uuid/low") & ~(0xc0 << 56) | (0x80 << 56)
    let digits = hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text += "-" }
      text.append(digit)
    }
    return text
  }

  /// FNV-1a over seed, name and use, with splitmix64's finish to spread what differs in few bits.
  private func hash(_ use: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for shift in 0..<8 { mix(UInt8(truncatingIfNeeded: seed >> (8 * UInt64(shift)))) }
    for byte in name.utf8 { mix(byte) }
    mix(0)
    for byte in use.utf8 { mix(byte) }
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    return hash ^ (hash >> 31)
  }

  private func hexadecimal(_ number: UInt64, digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
  }
}

extension MachineSpecification {
  /// The MAC addresses of the interfaces on cables, in order.
  public var interfaceMACs: [String] {
    let identity = MachineIdentity(seed: seed, name: name)
    return interfaces.enumerated().map { $1.mac ?? identity.mac("net\($0)") }
  }

  /// The MAC address of the user-mode network's interface.
  public var userNetworkMAC: String {
    if let userMAC { return userMAC }
    return kind == .microvm
      ? ArgumentBuilder.microVMUserMAC : MachineIdentity(seed: seed, name: name).mac("usernet0")
  }
}
