import Events
import Processes

/// A client of one QEMU's monitor (docs/interop/qmp-spec.txt of QEMU).
@Supervisor public final class QMP {
  /// Set when QEMU has answered qmp_capabilities.
  public nonisolated let greeting = Event<JSON>()
  /// Set when the connection has ended and all that came over it has been delivered.
  public nonisolated let ended = Event<Bool>()

  public init(
    _ socket: consuming Descriptor, machine: String, onEvent: @escaping (QMPEvent) -> Void
  ) {}

  /// Runs a command and gives what it returned. Errors of kind qmp carry QMP's class; kind timeout
  /// after the deadline; kind exited when QEMU ends first.
  public func execute(
    _ command: String, _ arguments: JSON? = nil, until deadline: Deadline = .never
  ) async throws(MachineError) -> JSON { fatalError("unwritten") }
}
