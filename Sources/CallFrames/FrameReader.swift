/// Reads the bodies of frames; nil for what is not there.
struct FrameReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func byte() -> UInt8? {
    guard position < bytes.count else { return nil }
    position += 1
    return bytes[position - 1]
  }

  mutating func number() -> UInt32? {
    guard bytes.count - position >= 4 else { return nil }
    var result: UInt32 = 0
    for index in (0..<4).reversed() { result = result << 8 | UInt32(bytes[position + index]) }
    position += 4
    return result
  }

  mutating func counted() -> [UInt8]? {
    guard let count = number(), Int(count) <= bytes.count - position else { return nil }
    position += Int(count)
    return Array(bytes[(position - Int(count))..<position])
  }

  mutating func text() -> String? { counted().map { String(decoding: $0, as: UTF8.self) } }
}
