import Events
import Processes

/// One end of a cable. It belongs to one living machine, or else to the script.
@Supervisor public final class CableEnd {
  /// What messages call it, for example "cable1.left".
  public nonisolated let label: String
  /// Set (to how many bytes or frames wait) whenever there is something to read, or its end.
  public nonisolated let readable = Event<Int>()
  /// The machine that has it, nil if it is the script's.
  public internal(set) var holder: String?

  nonisolated init(label: String) { self.label = label }

  /// The script reads: at most `limit` bytes, or one frame; empty when there is nothing yet, nil
  /// when nothing will come any more. Errors of kind usage if a machine has the end.
  public func read(_ limit: Int = .max) throws(MachineError) -> [UInt8]? { fatalError("unwritten") }
  /// The same up to and without the next line feed; empty lines are lines, nil is "none yet".
  public func readLine() throws(MachineError) -> [UInt8]? { fatalError("unwritten") }
  public var hasEnded: Bool { fatalError("unwritten") }
  /// The script writes bytes, or one frame.
  public func write(_ bytes: [UInt8]) throws(MachineError) { fatalError("unwritten") }

  /// Takes carrier from both machines, now and when they start again.
  public func unplug() async throws(MachineError) { fatalError("unwritten") }
  public func plug() async throws(MachineError) { fatalError("unwritten") }
  public var isPlugged: Bool { fatalError("unwritten") }
}
