import Events
import Processes

/// What a machine's network interface leads to when that is no cable: a port of something that carries
/// frames. It belongs to one living machine at a time.
@Supervisor public protocol NetworkPort: AnyObject, Sendable {
  /// What messages call it.
  nonisolated var label: String { get }
  var isPlugged: Bool { get }

  /// Gives it to a machine: QEMU's end of a stream on which each frame has its length before it (4
  /// bytes, big end first). `setCarrier` sets the carrier of the machine's interface. Errors of kind
  /// usage if another machine has it, or its MAC address.
  func claim(
    for machine: String, mac: String,
    setCarrier: @escaping @Supervisor (Bool) async throws(MachineError) -> Void
  ) throws(MachineError) -> DescriptorBox

  /// The machine has ended, or did not come to run.
  func release()
}
