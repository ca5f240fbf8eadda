import Events
import Processes

/// A cable: two ends, each for a machine or for the script. It carries frames (Ethernet) or bytes
/// (serial), which shows when its first end is given away.
@Supervisor public final class Cable {
  public enum Kind: String, Sendable { case frames, bytes }

  public nonisolated let name: String
  public nonisolated let left: CableEnd
  public nonisolated let right: CableEnd
  /// nil until an end is given away.
  public private(set) var kind: Kind?
  public private(set) var isPlugged = true

  public nonisolated init(name: String) {
    self.name = name
    left = CableEnd(label: "\(name).left")
    right = CableEnd(label: "\(name).right")
  }

  public func setPlugged(_ plugged: Bool) async throws(MachineError) { fatalError("unwritten") }
}
