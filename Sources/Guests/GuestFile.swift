/// A file as it was in the guest.
public struct GuestFile: Sendable {
  public var content: ByteBlock
  /// The permission bits.
  public var mode: UInt32

  /// A copy of its content.
  public var bytes: [UInt8] { content.bytes }
}
