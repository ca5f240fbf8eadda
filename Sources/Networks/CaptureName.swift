/// A port's name as captures have it: its first 64 bytes, held in place so that nothing is counted or
/// allocated when it is written.
struct CaptureName {
  private(set) var count = 0
  private var bytes: InlineArray<64, UInt8> = .init(repeating: 0)

  init(_ name: String) {
    for byte in name.utf8.prefix(64) {
      bytes[count] = byte
      count += 1
    }
  }

  func copy(to destination: UnsafeMutableRawPointer) {
    for index in 0..<count {
      destination.storeBytes(of: bytes[index], toByteOffset: index, as: UInt8.self)
    }
  }
}
