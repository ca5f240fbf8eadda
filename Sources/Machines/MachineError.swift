import Glibc

/// Why a machine, or a resource of one, could not do what it was asked.
public struct MachineError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The closed list that scripts see as `error.kind`.
  public enum Kind: String, Sendable, CaseIterable {
    /// The script asked for something that cannot be.
    case usage
    /// The host lacks a program, file or feature.
    case missing
    /// QEMU or a helper could not be started, or refused its arguments.
    case launch
    /// A machine ended, or stopped working, unasked.
    case exited
    case guestPanic = "guest_panic"
    case timeout
    case command
    case agent
    case qmp
    /// A port or connection could not be had.
    case connection
    case assertion
    case cancelled
    /// The host's memory is short.
    case memory
  }

  public var kind: Kind
  /// One line: what happened and what to do.
  public var message: String
  public var machine: String?
  /// Exit status of the process concerned.
  public var code: Int32?
  /// Signal that ended the process concerned.
  public var signal: Int32?
  /// What the process concerned wrote to its standard error.
  public var standardError: String?
  /// QMP's error class, for example "GenericError".
  public var qmpClass: String?

  public init(_ kind: Kind, _ message: String, machine: String? = nil) {
    self.kind = kind
    self.message = message
    self.machine = machine
  }

  public var description: String { message }

  /// A system call that failed with `code` while doing `what`.
  static func system(_ kind: Kind, _ what: String, _ code: Int32) -> MachineError {
    MachineError(kind, "\(what): \(String(cString: strerror(code)))")
  }
}
