import Glibc
import Processes

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
  /// Whether QEMU had answered on QMP. One that ended before has refused its arguments.
  public var wasUp: Bool
  /// The end of what QEMU wrote to its standard error.
  public var standardError: String
  /// The console line that tells of a kernel's panic.
  public var panicLine: String?
  /// A cause found elsewhere: a port that another process has, a swtpm that ended.
  public var cause: MachineError?

  /// An end that a script need not allow: a power-off, or one it asked for.
  public var isGood: Bool { reason == .poweroff || (isAsked && reason != .panic) }

  /// QEMU ended by itself before it was up.
  public var isRefusal: Bool { !wasUp && !isAsked && code != nil }
}

extension MachineExit {
  /// The reason, from how QEMU ended and what it said of it: the reason of QMP's SHUTDOWN event
  /// (ShutdownCause in qapi/run-state.json of QEMU), pvpanic, and the console. A panicked kernel
  /// with panic=-1 resets, and QEMU then ends with status 0 as after a reboot.
  static func reason(
    _ status: ExitStatus, shutdown: String?, isPanic: Bool, isAsked: Bool
  ) -> Reason {
    switch (status, shutdown) {
    case (.signalled(SIGKILL), _), (.signalled(SIGTERM), _), (.signalled(SIGINT), _),
      (.signalled(SIGHUP), _):
      .killed
    case (.signalled, _): .crashed
    case (_, "guest-panic"?): .panic
    case (_, "guest-reset"?): isPanic ? .panic : .reboot
    case (.exited(let code), _) where code != 0: isPanic ? .panic : .crashed
    case (_, "guest-shutdown"?): .poweroff
    case (_, "host-qmp-system-reset"?), (_, "subsystem-reset"?): .reboot
    case (_, "host-qmp-quit"?), (_, "host-signal"?), (_, "host-ui"?): .killed
    default: isAsked ? .killed : .crashed
    }
  }

  /// What a script is told of an end that was not good, or not wanted.
  public func error(machine: String) -> MachineError {
    var error = cause ?? MachineError(kind, message(machine))
    error.machine = machine
    error.code = code
    error.signal = signal
    if !standardError.isEmpty { error.standardError = standardError }
    return error
  }

  private var isOutOfMemory: Bool { standardError.contains("cannot set up guest memory") }

  private var kind: MachineError.Kind {
    if isRefusal { return isOutOfMemory ? .memory : .launch }
    return reason == .panic ? .guestPanic : .exited
  }

  private func message(_ machine: String) -> String {
    let complaint = firstComplaint
    if isRefusal {
      if isOutOfMemory {
        return
          "the host has not the memory that machine '\(machine)' wants: give it less (\(complaint))"
      }
      let said = complaint.isEmpty ? "it ended with status \(code ?? 0)" : complaint
      return "QEMU refused to start machine '\(machine)': \(said)"
    }
    switch reason {
    case .poweroff: return "machine '\(machine)' powered off"
    case .reboot:
      return "machine '\(machine)' ended because its guest rebooted (reboot = true lets it go on)"
    case .panic:
      return "the guest's kernel panicked in machine '\(machine)'"
        + (panicLine.map { ": \($0)" } ?? "")
    case .killed:
      if isAsked { return "machine '\(machine)' was ended by this script" }
      guard signal == SIGKILL else {
        return "machine '\(machine)' was killed" + (signal.map { " by signal \($0)" } ?? "")
      }
      return """
        machine '\(machine)' was killed by SIGKILL and this script did not ask for it: perhaps the \
        kernel's out-of-memory killer or the memory limit of a cgroup (see dmesg and memory.events)
        """
    case .crashed:
      let how = code.map { "exited with status \($0)" } ?? "was ended by signal \(signal ?? 0)"
      return "QEMU of machine '\(machine)' \(how)" + (complaint.isEmpty ? "" : ": \(complaint)")
    }
  }

  /// What QEMU refused, in its words without its name: the first line that begins with the name and
  /// is no warning. A warning may go on over lines that do not tell what they are.
  private var firstComplaint: String {
    let lines = standardError.split(separator: "\n").map { Console.sanitised($0.utf8) }
    for line in lines where line.hasPrefix("qemu") {
      guard let end = line.firstIndex(of: ":") else { continue }
      let text = line[line.index(after: end)...].drop { $0 == " " }
      if !text.hasPrefix("warning:") { return String(text) }
    }
    return lines.first ?? ""
  }
}
