import Events
import Glibc
import Machines

/// A machine's console for the person who runs the script, on standard error. Whole lines with the
/// machine's name before them, without what could do harm to a terminal; when it is interactive and
/// there is a terminal, everything as it comes, since the person talks to the guest.
@Supervisor final class TerminalConsole: SerialSink {
  private static let lineLimit = 4096

  private let isInteractive: Bool
  private let output = TerminalOutput.shared
  private var machine = ""
  private var line: [UInt8] = []

  init(offer: @escaping @Sendable (ArraySlice<UInt8>) -> Int, isInteractive: Bool) {
    self.isInteractive = isInteractive
    output.offer = offer
  }

  func begin(
    _ machine: String, type: @escaping @Supervisor ([UInt8]) -> Void
  ) throws(MachineError) {
    self.machine = machine
    guard isInteractive else { return }
    if let other = TerminalKeys.holder {
      throw MachineError(
        .usage, "the terminal's keys go to machine '\(other)' already: one can be interactive",
        machine: machine)
    }
    if TerminalKeys.isLent {
      throw MachineError(
        .usage,
        "the terminal's keys are the prompt's: a machine that it starts cannot be interactive",
        machine: machine)
    }
    TerminalKeys.give(to: machine, type)
  }

  func take(_ bytes: [UInt8]) {
    if TerminalKeys.holder == machine, isatty(2) == 1 { return output.write(bytes) }
    for byte in bytes {
      if byte != 0x0a && line.count < Self.lineLimit {
        line.append(byte)
        continue
      }
      show()
      if byte != 0x0a { line.append(byte) }
    }
  }

  func end() {
    if !line.isEmpty { show() }
    if TerminalKeys.holder == machine { TerminalKeys.takeBack() }
  }

  private func show() {
    output.write(Array("\(machine) │ \(Console.sanitised(line))\n".utf8))
    line.removeAll(keepingCapacity: true)
  }
}
