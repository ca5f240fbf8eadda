import Glibc

/// Why the agent could not do what it was asked. `message` says what and, where there is one, the
/// remedy; it names no machine, which the layer above knows.
public struct AgentError: Error, Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// The channel to the agent ended: the guest or QEMU is gone.
    case ended
    /// The guest booted again, or its agent was started again, while the request was under way.
    case restarted
    /// The agent could not start the program or open the file; `code` says why.
    case refused
    /// The guest and this program speak different versions of the protocol.
    case version
    /// The guest does not let the agent be brought into it; `message` says what to change there.
    case barred
    /// It was killed for its time-out and does not die (state D).
    case stuck
    /// What the agent says cannot be true, or would be dangerous to follow.
    case untrusted
    /// A file of the host's could not be read or written.
    case host
  }
  public var kind: Kind
  public var message: String
  /// The guest's errno, when `kind` is `refused`: ENOENT for a program that is not there.
  public var code: Int32?

  public init(_ kind: Kind, _ message: String, code: Int32? = nil) {
    self.kind = kind
    self.message = message
    self.code = code
  }
}
