import Glibc
import Processes

/// How a process of a script's ended.
public struct ProcessExit: Sendable, Hashable {
  public enum Reason: String, Sendable {
    /// By itself, whatever its status.
    case exited
    /// By a signal that asks for an end: SIGTERM, SIGKILL, SIGINT, SIGHUP, SIGQUIT.
    case killed
    /// By another signal.
    case crashed
  }

  public var reason: Reason
  /// Nil if a signal ended it.
  public var code: Int32?
  public var signal: Int32?
  /// Whether the script brought it about.
  public var isAsked: Bool
  /// The end of what it wrote to standard error.
  public var standardError: String

  init(_ status: ExitStatus, isAsked: Bool, standardError: String) {
    self.isAsked = isAsked
    self.standardError = standardError
    switch status {
    case .exited(let code): (reason, self.code) = (.exited, code)
    case .signalled(let number):
      reason = Self.endings.contains(number) ? .killed : .crashed
      signal = number
    }
  }

  static let endings: Set<Int32> = [SIGTERM, SIGKILL, SIGINT, SIGHUP, SIGQUIT]

  /// Status 0, or an end that was asked for.
  public var isGood: Bool { code == 0 || isAsked }

  public func error(process: String) -> MachineError {
    let how = code.map { "exited with status \($0)" } ?? "was ended by signal \(signal ?? 0)"
    let last = standardError.split(whereSeparator: \.isNewline).last
    let words = last.map { ": " + Console.sanitised($0.utf8) } ?? ""
    var error = MachineError(.exited, "process '\(process)' \(how)\(isAsked ? "" : words)")
    error.code = code
    error.signal = signal
    error.standardError = standardError
    return error
  }
}
