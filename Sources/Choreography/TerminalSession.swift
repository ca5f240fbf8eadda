import Events
import Glibc
import Machines
import Processes

/// A guest's console in this terminal: its keys go there, what the guest writes is shown as it comes,
/// Ctrl-] leaves. `vm:attach()` has the machine behind it, `vmscript attach` a socket.
@Supervisor final class TerminalSession {
  enum End: Sendable { case left, closed }

  /// Set when it is over and the terminal is as it was.
  nonisolated let ended = Event<End>()

  private let name: String
  private let output = TerminalOutput.shared
  private var repair = TerminalRepair()
  private var isOpen = false

  init(_ name: String, offer: @escaping @Sendable (ArraySlice<UInt8>) -> Int) {
    self.name = name
    output.offer = offer
  }

  /// Takes the terminal. Errors of kind usage when there is none, or its keys go elsewhere.
  func begin(
    type: @escaping @Supervisor ([UInt8]) -> Void,
    resize: @escaping @Supervisor (TerminalSize) -> Void
  ) throws(MachineError) {
    if Ending.shared.keyboard?.keys.isReading == true {
      throw MachineError(
        .usage, "the terminal's keys are the prompt's: attach machine '\(name)' in a line of it")
    }
    guard TerminalKeys.areThere, isatty(2) == 1 else {
      throw MachineError(
        .usage,
        "there is no terminal to attach machine '\(name)' to: standard input and standard"
          + " error have to be one, in its foreground")
    }
    if let other = TerminalKeys.holder {
      throw MachineError(.usage, "the terminal's keys go to machine '\(other)' already")
    }
    isOpen = true
    TerminalKeys.give(to: name, type, resize: resize) { [weak self] in self?.finish(.left) }
    guard TerminalKeys.holder == name else {
      throw MachineError(.usage, "the terminal does not give its keys: \(errorText)")
    }
    Signals.add(.window)
    write("vmscript: the console of machine '\(name)'; Ctrl-] leaves it\n")
    if let size = TerminalKeys.size { resize(size) }
  }

  private var errorText: String { String(cString: strerror(errno)) }

  func show(_ bytes: [UInt8]) {
    guard isOpen else { return }
    repair.note(bytes)
    output.write(bytes)
  }

  /// Gives the terminal back.
  func finish(_ end: End) {
    guard isOpen else { return }
    isOpen = false
    if TerminalKeys.holder == name { TerminalKeys.takeBack() }
    output.write(repair.bytes)
    let why = end == .left ? "left" : "over:"
    write("\nvmscript: \(why) the console of machine '\(name)'\n")
    ended.set(end)
  }

  private func write(_ text: String) { output.write(Array(text.utf8)) }
}
