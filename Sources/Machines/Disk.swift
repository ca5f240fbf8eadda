/// A disk image and its format, which is always told to QEMU.
public struct Disk: Sendable, Hashable {
  public enum Format: String, Sendable, CaseIterable { case raw, qcow2 }

  public var path: String
  public var format: Format

  public init(path: String, format: Format) {
    self.path = path
    self.format = format
  }

  /// The image at `path`, qcow2 if it begins with that format's magic and raw otherwise, or what
  /// `format` says. Errors of kind missing if it, or an image that it is built on, cannot be read;
  /// of kind usage if it is no image that can be used.
  public init(probing path: String, as format: Format? = nil) throws(MachineError) {
    let header = try ImageHeader(path, as: format)
    _ = try header.chain()
    self.init(path: path, format: header.format)
  }

  /// Whether it is still there and nobody else writes to it.
  func check() throws(MachineError) {
    _ = try ImageHeader(path, as: format).chain()
    try ImageLock.check(path)
  }

  /// The path so that neither an option nor, before a colon, a protocol is found in it.
  var plainPath: String {
    let isPlain = path.hasPrefix("/") || !(path.contains(":") || path.hasPrefix("-"))
    return isPlain ? path : "./" + path
  }

  /// As QEMU's `file` takes it.
  var argument: String { OptionTable.escapeCommas(plainPath) }
}
