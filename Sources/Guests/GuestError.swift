/// Why the default guest could not be made.
public struct GuestError: Error, Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// Something that the host lacks; the message names the command that installs it.
    case missing
    /// It is there and does not do: a kernel without PVH, a full disk.
    case unusable
    /// What was asked for contradicts itself.
    case wrong
    /// `GuestImage.cancelled` was set meanwhile.
    case cancelled
  }
  public var kind: Kind
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}
