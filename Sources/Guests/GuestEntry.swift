import Glibc

/// Something in a folder of the guest.
struct GuestEntry {
  enum Kind {
    case file, folder, link
    case special(String)
  }

  /// Bytes, as Linux takes them; one name, which leads nowhere else.
  var name: [UInt8]
  /// With the type, as stat(2) has it.
  var mode: UInt32
  /// Of a symbolic link.
  var target: [UInt8]

  var kind: Kind { Self.kind(mode) }

  static func kind(_ mode: UInt32) -> Kind {
    switch mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .folder
    case S_IFLNK: .link
    case S_IFSOCK: .special("a socket")
    case S_IFIFO: .special("a named pipe")
    default: .special("a device")
    }
  }

  /// Reads an entry and says how long it was; nil for one that is cut off or whose name could lead out
  /// of its folder. The guest is not trusted.
  static func read(_ bytes: UnsafeRawBufferPointer) -> (GuestEntry, Int)? {
    let head = 16
    guard bytes.count >= head else { return nil }
    let nameLength = Int(bytes.little(UInt16.self, at: 4))
    let targetLength = Int(bytes.little(UInt16.self, at: 6))
    let length = head + nameLength + targetLength
    guard bytes.count >= length else { return nil }
    let name = Array(bytes[head..<head + nameLength])
    let target = Array(bytes[head + nameLength..<length])
    guard (1...255).contains(name.count), name != [0x2e], name != [0x2e, 0x2e],
      !name.contains(0x2f), !name.contains(0), !target.contains(0)
    else { return nil }
    let entry = GuestEntry(name: name, mode: bytes.little(UInt32.self, at: 0), target: target)
    if case .link = entry.kind, target.isEmpty { return nil }
    return (entry, length)
  }
}

extension [UInt8] {
  /// A path as messages show it.
  var shownPath: String { String(decoding: self, as: UTF8.self) }

  /// The path of `name` in the folder of this path.
  func appending(_ name: [UInt8]) -> [UInt8] {
    last == 0x2f ? self + name : self + [0x2f] + name
  }
}
