import Glibc

/// Why a child could not be started or a descriptor not be had.
public struct ProcessError: Error, Sendable {
  public enum Kind: Sendable {
    /// The program is not on this host.
    case missing
    /// It is, and could not be started.
    case launch
  }
  public var kind: Kind
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// A system call that failed with `code`.
  public static func system(_ call: String, _ code: Int32) -> ProcessError {
    ProcessError(.launch, "\(call): \(String(cString: strerror(code)))")
  }
}
