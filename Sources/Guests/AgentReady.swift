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
  /// Its kernel has a timer. Without one nothing in the guest that waits for time ever goes on.
  public var hasTimer: Bool
  /// Seconds from the kernel's start to that of the init that it is; 0 if it is none.
  public var initUptime: Double
  /// When the host heard it.
  public var at: Instant
}

extension AgentReady {
  /// Reads the body of a hello that has just come; what is missing in it is 0 and empty.
  init(_ frame: Frame, hello body: UnsafeRawBufferPointer) {
    session = frame.session
    uptime = Double(body.littleOrZero(UInt64.self, at: 8)) / 1e9
    bootID = body.text(at: 16, size: 40)
    kernelRelease = body.text(at: 56, size: 64)
    isInit = body.littleOrZero(UInt32.self, at: 4) != 0
    initUptime = Double(body.littleOrZero(UInt64.self, at: 120)) / 1e9
    hasTimer = body.littleOrZero(UInt16.self, at: 2) & Self.noTimerFlag == 0
    at = .now
  }

  private static let noTimerFlag: UInt16 = 1
}
