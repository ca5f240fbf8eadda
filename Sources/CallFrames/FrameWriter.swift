/// Writes the bodies of frames: numbers little-endian, texts and bytes behind their length.
struct FrameWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  mutating func byte(_ value: UInt8) { bytes.append(value) }

  mutating func number(_ value: UInt32) {
    for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(value >> shift & 0xff)) }
  }

  mutating func counted(_ content: some Collection<UInt8>) {
    number(UInt32(content.count))
    bytes += content
  }

  mutating func raw(_ content: [UInt8]) { bytes += content }
}
