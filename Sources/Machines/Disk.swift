import Glibc

/// A disk image whose changes are thrown away when the machine ends.
public struct Disk: Sendable, Hashable {
  public enum Format: String, Sendable { case raw, qcow2 }

  public var path: String
  public var format: Format

  public init(path: String, format: Format) {
    self.path = path
    self.format = format
  }

  /// The image at `path`, qcow2 if it begins with that format's magic and raw otherwise. The format
  /// is always told to QEMU: its own guess would let a guest turn a raw disk into something else.
  public init(probing path: String) throws(MachineError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(.missing, "disk '\(path)' cannot be read", errno) }
    defer { close(descriptor) }
    var magic: [UInt8] = [0, 0, 0, 0]
    let count = read(descriptor, &magic, 4)
    guard count >= 0 else { throw .system(.missing, "disk '\(path)' cannot be read", errno) }
    // docs/interop/qcow2.txt of QEMU: "QFI\xfb".
    self.init(path: path, format: magic == [0x51, 0x46, 0x49, 0xfb] ? .qcow2 : .raw)
  }
}
