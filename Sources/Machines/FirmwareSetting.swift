/// Something a guest finds under a name in QEMU's fw_cfg (docs/specs/fw_cfg.rst of QEMU).
public struct FirmwareSetting: Sendable, Hashable {
  public enum Source: Sendable, Hashable {
    /// Text that can stand among QEMU's arguments: not empty, printable.
    case text(String)
    /// A file, which QEMU reads at each start.
    case file(String)
  }

  /// The longest name, in bytes: FW_CFG_MAX_FILE_PATH of QEMU, and a zero byte.
  static let longestName = 55
  /// Longer texts go by a file.
  private static let longestText = 256

  public var name: String
  public var source: Source

  /// Errors of kind usage for names that QEMU or the guest's kernel would refuse.
  public init(_ name: String, _ source: Source) throws(MachineError) {
    self.name = name
    self.source = source
    if let complaint = Self.complaint(name) {
      throw MachineError(.usage, "fw_cfg name '\(Console.sanitised(name.utf8))' \(complaint)")
    }
  }

  /// The bytes as an argument, if they can be one.
  public static func text(_ bytes: [UInt8]) -> Source? {
    let isFit = (1...longestText).contains(bytes.count) && bytes.allSatisfy { 0x20...0x7e ~= $0 }
    return isFit ? .text(String(decoding: bytes, as: UTF8.self)) : nil
  }

  private static func complaint(_ name: String) -> String? {
    if name.isEmpty { return "is empty" }
    if name.utf8.count > longestName {
      return "has \(name.utf8.count) bytes, and QEMU takes \(longestName) at most"
    }
    if !name.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) {
      return "has other characters than ASCII letters, digits and signs"
    }
    // Linux shows it as a path, and leaves out what it cannot show.
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
      return "has an empty part, '.' or '..' between its slashes"
    }
    return nil
  }
}
