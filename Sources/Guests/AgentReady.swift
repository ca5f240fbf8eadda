import Events

/// What an agent says of itself when it starts.
public struct AgentReady: Sendable, Hashable {
  /// A number that no other boot of the guest has.
  public var session: UInt32
  /// Seconds from the kernel's start to the agent's.
  public var uptime: Double
  /// The kernel's own: /proc/sys/kernel/random/boot_id.
  public var bootID: String
  /// For example "6.1.0-50-cloud-amd64".
  public var kernelRelease: String
  /// It is the guest's init, not a plain program.
  public var isInit: Bool
  /// Seconds from the kernel's start to that of the init that it is; 0 if it is none.
  public var initUptime: Double
  /// When the host heard it.
  public var at: Instant
}
