import Glibc
import Scripting

/// Signals as scripts name them: `15`, `"TERM"`, `"SIGTERM"`.
enum SignalNames {
  private static let numbers: [String: Int32] = [
    "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "ABRT": SIGABRT, "KILL": SIGKILL,
    "USR1": SIGUSR1, "USR2": SIGUSR2, "PIPE": SIGPIPE, "ALRM": SIGALRM, "TERM": SIGTERM,
    "CONT": SIGCONT, "STOP": SIGSTOP, "TSTP": SIGTSTP, "WINCH": SIGWINCH,
  ]

  /// Nil for what names none. Numbers are those of the guest's Linux, the same as here.
  static func number(_ value: Value) -> Int32? {
    if case .integer(let number) = value, (1...64).contains(number) { return Int32(number) }
    guard case .string = value, let name = value.text?.uppercased() else { return nil }
    return numbers[name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name]
  }
}
