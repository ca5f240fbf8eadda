import Events
import Processes

/// A TPM 2.0, played by swtpm, whose state outlives the machines it is given to.
@Supervisor public final class TPM {
  public nonisolated let stateDirectory: String
  /// The machine that has it, nil if none.
  public internal(set) var holder: String?

  /// A TPM with its state in `stateDirectory`, which is made if it is not there: fresh, or from a
  /// copy of the state in `original`, which never changes.
  public init(stateDirectory: String, copyOf original: String? = nil) throws(MachineError) {
    fatalError("unwritten")
  }

  /// Copies the state to a directory, which is made if it is not there.
  public func save(to directory: String) throws(MachineError) { fatalError("unwritten") }
}
