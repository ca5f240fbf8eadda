/// How a machine ended.
public struct MachineExit: Sendable, Hashable {
  public enum Reason: String, Sendable {
    case poweroff, reboot, panic
    /// By a signal, or by QMP's quit.
    case killed
    case crashed
  }

  public var reason: Reason
  /// QEMU's exit status, nil if a signal ended it.
  public var code: Int32?
  /// The signal that ended QEMU.
  public var signal: Int32?
  /// Whether the script had asked for the end: kill, shutdown, quit.
  public var isAsked: Bool
  /// Whether QEMU had answered on QMP; one that had not refused its arguments or the host.
  public var wasUp: Bool
  /// The end of what QEMU wrote to its standard error.
  public var standardError: String
  /// The console line that tells of a kernel's panic.
  public var panicLine: String?
  /// What other word there is on the cause, for example that swtpm had ended.
  public var note: String?

  /// An end that a script need not allow: a power-off, or one it asked for.
  public var isGood: Bool { wasUp && (reason == .poweroff || (isAsked && reason != .panic)) }
}
