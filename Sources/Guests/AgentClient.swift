import Events
import Processes

/// The host's side of the agent's channel (docs/agent.md): any number of requests at once, all
/// failed with an `AgentError` when the channel ends or the guest boots again. What is asked
/// before the agent is ready goes out when it is.
@Supervisor public final class AgentClient {
  /// The agent of this boot; cleared when another boot's agent has spoken or the channel ends.
  public nonisolated let ready = Event<AgentReady>()
  /// Set when the channel ends or the guest cannot be talked to.
  public nonisolated let ended = Event<AgentError>()
  /// Set when the guest says that it is about to power off, halt or reboot.
  public nonisolated let leaving = Event<PowerRequest>()

  public enum PowerRequest: Int32, Sendable { case poweroff, reboot, halt }

  /// Takes the host's end of the socket pair whose other end QEMU has as a chardev.
  public init(_ descriptor: DescriptorBox) { fatalError("unwritten") }

  public func exec(_ request: ExecRequest) -> GuestProcess { fatalError("unwritten") }

  /// Writes a file in the guest, made with `mode`; parent folders are made when missing.
  public func put(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) -> Event<
    Result<Void, AgentError>
  > { fatalError("unwritten") }

  /// Reads a file of the guest.
  public func get(_ path: String) -> Event<Result<GuestFile, AgentError>> {
    fatalError("unwritten")
  }

  /// Asks the agent to end the guest; answered before it does.
  public func power(_ request: PowerRequest) -> Event<Result<Void, AgentError>> {
    fatalError("unwritten")
  }

  /// Sets the guest's clock to the host's and feeds its random generator, as after a fork.
  public func synchronise() -> Event<Result<Void, AgentError>> { fatalError("unwritten") }

  /// Answered when the agent's loop runs.
  public func ping() -> Event<Result<Void, AgentError>> { fatalError("unwritten") }

  /// Closes the channel and fails what is under way.
  public func close() { fatalError("unwritten") }
}
