/// A file that is put into a guest before it boots.
public struct PlacedFile: Sendable, Hashable {
  public var bytes: [UInt8]
  /// The permission bits.
  public var mode: UInt32

  public init(bytes: [UInt8], mode: UInt32) {
    self.bytes = bytes
    self.mode = mode
  }
}
