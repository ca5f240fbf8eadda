import Glibc

/// The header of a qcow2 image (docs/interop/qcow2.txt of QEMU).
struct QCow2Header {
  static let magic: [UInt8] = [0x51, 0x46, 0x49, 0xfb]

  private let bytes: [UInt8]

  /// Nil if the bytes do not begin as such an image.
  init?(_ bytes: [UInt8]) {
    guard bytes.starts(with: Self.magic) else { return nil }
    self.bytes = bytes + [UInt8](repeating: 0, count: max(0, 104 - bytes.count))
    isCut = bytes.count < 72
  }

  private let isCut: Bool

  private func number(_ offset: Int, _ count: Int) -> UInt64 {
    bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// What a guest sees, in bytes.
  var size: UInt64 { number(24, 8) }

  /// Why QEMU should not be given the image.
  var complaint: String? {
    let version = number(4, 4)
    if isCut { return "its header is cut off" }
    if version != 2 && version != 3 { return "it is qcow version \(version), not 2 or 3" }
    if size == 0 { return "it has no room for data" }
    if number(32, 4) != 0 { return "it is encrypted, and there is no way to give a key" }
    // Bit 1 of the incompatible features.
    if version == 3, number(72, 8) & 2 != 0 {
      return "it is marked as corrupt (see qemu-img check)"
    }
    return nil
  }

  /// The path of the image below, nil if there is none or it is not a file's.
  func backingFile(in file: Int32, of path: String) -> String? {
    let (offset, count) = (number(8, 8), Int(number(16, 4)))
    guard offset > 0, offset < 1 << 20, (1...1023).contains(count) else { return nil }
    var name = [UInt8](repeating: 0, count: count)
    guard pread(file, &name, count, off_t(offset)) == count else { return nil }
    let text = String(decoding: name, as: UTF8.self)
    if text.hasPrefix("/") { return text }
    // "json:…", "nbd://…"
    if let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") { return nil }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    return folder + text
  }
}
