import Glibc
import Scripting

/// The signals that scripts send, by their names.
enum SignalNumber {
  private static let names: [String: Int32] = [
    "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "ILL": SIGILL, "TRAP": SIGTRAP,
    "ABRT": SIGABRT, "BUS": SIGBUS, "FPE": SIGFPE, "KILL": SIGKILL, "USR1": SIGUSR1,
    "SEGV": SIGSEGV, "USR2": SIGUSR2, "PIPE": SIGPIPE, "ALRM": SIGALRM, "TERM": SIGTERM,
    "CHLD": SIGCHLD, "CONT": SIGCONT, "STOP": SIGSTOP, "TSTP": SIGTSTP, "TTIN": SIGTTIN,
    "TTOU": SIGTTOU, "URG": SIGURG, "WINCH": SIGWINCH, "IO": SIGIO,
  ]

  /// `"TERM"`, `"SIGTERM"`, `15`; nil for what is none. An unknown name is an error that names the
  /// nearest.
  static func find(_ value: Value) throws(ScriptError) -> Int32? {
    switch value {
    case .integer(let number): return (1...64).contains(number) ? Int32(number) : nil
    case .string:
      let text = value.text ?? ""
      let name = text.hasPrefix("SIG") ? String(text.dropFirst(3)) : text
      if let number = names[name] { return number }
      throw .usage(
        "there is no signal '\(text)'" + Spelling.hint(name, among: names.keys.sorted()))
    default: return nil
    }
  }
}
