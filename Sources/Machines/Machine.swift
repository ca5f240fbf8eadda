import Events
import Processes

/// One machine: QEMU and its helpers, from its making over all its boots.
@Supervisor public final class Machine {
  public nonisolated let name: String
  public nonisolated let console: Console
  /// Set when QEMU has answered on QMP; cleared at each start.
  public nonisolated let connected = Event<Bool>()
  /// Set when QEMU is gone and all it said has been read; cleared at each start.
  public nonisolated let exited = Event<MachineExit>()
  /// Set when the machine lives and is of no use: paused by an I/O error, its TPM gone, a port that
  /// went to another process. Cleared at each start.
  public nonisolated let failure = Event<MachineError>()
  /// Boots so far: starts, and the guest's reboots where they are allowed.
  public nonisolated let bootCount = Event<Int>(0)

  public private(set) var specification: MachineSpecification
  public nonisolated let host: HostCapabilities
  /// The host's ends of the specification's agent ports, fresh at each start.
  public private(set) var agentChannels: [DescriptorBox] = []
  public private(set) var isRunning = false

  /// `directory` is made for the machine's log (console.log, qemu.log) and stays the caller's.
  /// Checks what can be checked without starting: files, counts, resources, programs.
  public init(
    _ specification: MachineSpecification, host: HostCapabilities, directory: String
  ) throws(MachineError) { fatalError("unwritten") }

  /// QEMU's arguments, the same before the start and after; descriptors stand by name.
  public var arguments: [Argument] { fatalError("unwritten") }
  /// A line for a shell that starts such a machine without this program.
  public var standaloneCommand: String { fatalError("unwritten") }

  /// What a later start may change.
  public struct Changes: Sendable {
    public var kernel: String?
    public var initramfs: String?
    public var cmdline: String?
    public init() {}
  }

  /// Starts the helpers and QEMU, and returns before QEMU is up. Takes the resources.
  public func start(_ changes: Changes = Changes()) throws(MachineError) { fatalError("unwritten") }

  /// Power gone, at once; a good exit.
  public func kill() async { fatalError("unwritten") }
  /// Ends the machine by the stop ladder: QMP quit, SIGTERM, SIGKILL.
  public func stop() async { fatalError("unwritten") }
  /// Presses the power button (QMP system_powerdown); that end is asked for.
  public func pressPowerButton() async throws(MachineError) { fatalError("unwritten") }
  /// Marks the end or reboot that the caller brings about through the guest as asked for.
  public func expectEnd() { fatalError("unwritten") }
  /// Presses the reset button, and returns when the machine has been reset.
  public func reset(until deadline: Deadline) async throws(MachineError) { fatalError("unwritten") }
  /// Whether a guest's reboot restarts it, from now on (QMP set-action).
  public func setReboots(allowed: Bool) async throws(MachineError) { fatalError("unwritten") }

  /// The machine and its clocks stop (QMP stop), and go on (cont).
  public func pause() async throws(MachineError) { fatalError("unwritten") }
  public func resume() async throws(MachineError) { fatalError("unwritten") }
  /// The machine stops while time goes on (SIGSTOP to QEMU), and goes on.
  public func freeze() { fatalError("unwritten") }
  public func thaw() { fatalError("unwritten") }

  /// Any QMP command; waits for the greeting first.
  public func qmp(
    _ command: String, _ arguments: JSON? = nil, until deadline: Deadline = .never
  ) async throws(MachineError) -> JSON { fatalError("unwritten") }

  /// Calls `handler` at each QMP event, over all boots, until the subscription is cancelled.
  public func onEvent(_ handler: @escaping @Supervisor (QMPEvent) -> Void) -> Subscription {
    fatalError("unwritten")
  }
}

extension MachineExit {
  /// What a script is told of an end that was not good, or was not allowed.
  public func error(machine: String) -> MachineError { fatalError("unwritten") }
}
