import Events

/// How a child is asked to end, ever less politely: a polite request if there is one, SIGTERM,
/// SIGKILL; each rung with a grace in seconds before the next.
public struct StopLadder: Sendable {
  /// For example QMP's quit.
  public var request: (@Supervisor @Sendable () -> Void)?
  public var requestGrace: Double
  public var terminateGrace: Double

  public init(
    request: (@Supervisor @Sendable () -> Void)? = nil, requestGrace: Double = 1,
    terminateGrace: Double = 1
  ) {
    self.request = request
    self.requestGrace = requestGrace
    self.terminateGrace = terminateGrace
  }

  public static let standard = StopLadder()
  /// SIGKILL at once.
  public static let kill = StopLadder(requestGrace: 0, terminateGrace: 0)
}
