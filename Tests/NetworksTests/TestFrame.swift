/// Frames as machines send them, byte by byte.
enum TestFrame {
  static let macs = [[0x52, 0x54, 0, 0, 0, 2], [0x52, 0x54, 0, 0, 0, 1]] as [[UInt8]]

  static func ethernet(_ type: UInt16, _ body: [UInt8], vlan: UInt16? = nil) -> [UInt8] {
    let tag = vlan.map { big(0x8100) + big($0) } ?? []
    let frame = macs[0] + macs[1] + tag + big(type) + body
    return frame + [UInt8](repeating: 0, count: max(0, 60 - frame.count))
  }

  static func v4(
    _ number: UInt8, from: [UInt8] = [10, 0, 0, 1], to: [UInt8] = [10, 0, 0, 2], _ body: [UInt8],
    fragment: UInt16 = 0
  ) -> [UInt8] {
    [0x45, 0] + big(UInt16(20 + body.count)) + [0, 1] + big(fragment) + [64, number, 0, 0] + from
      + to + body
  }

  static func v6(_ number: UInt8, _ body: [UInt8]) -> [UInt8] {
    [0x60, 0, 0, 0] + big(UInt16(body.count)) + [number, 64] + address6(1) + address6(2) + body
  }

  static func address6(_ last: UInt8) -> [UInt8] {
    [0xfd, 0] + [UInt8](repeating: 0, count: 13) + [last]
  }

  static func tcp(_ from: UInt16, _ to: UInt16, flags: UInt8 = 0x10) -> [UInt8] {
    big(from) + big(to) + [UInt8](repeating: 0, count: 8) + [0x50, flags] + [0, 0, 0, 0, 0, 0]
  }

  static func udp(_ from: UInt16, _ to: UInt16) -> [UInt8] { big(from) + big(to) + [0, 8, 0, 0] }

  static func echo(_ type: UInt8, identifier: UInt16) -> [UInt8] {
    [type, 0, 0, 0] + big(identifier) + [0, 1]
  }

  static func arp() -> [UInt8] {
    ethernet(
      0x0806,
      big(1) + big(0x0800) + [6, 4] + big(1) + macs[1] + [10, 0, 0, 1] + macs[0]
        + [10, 0, 0, 2])
  }

  static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
}
