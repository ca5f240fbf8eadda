/// What one layer of a link's faults does to the frames of one direction; the names are netem's.
/// Durations are in seconds, probabilities from 0 to 1, correlations from 0 to below 1.
public struct Impairment: Sendable, Hashable {
  public var delay = 0.0
  public var jitter = 0.0
  /// Of the jitter of one frame with that of the one before.
  public var delayCorrelation = 0.0
  public var distribution = DelayDistribution.uniform
  public var loss: LossModel?
  public var duplicate = 0.0
  public var duplicateCorrelation = 0.0
  /// The chance that one bit is flipped.
  public var corrupt = 0.0
  public var corruptCorrelation = 0.0
  /// The chance that a frame is sent at once while others are delayed.
  public var reorder = 0.0
  public var reorderCorrelation = 0.0
  /// Only each `gap`th frame may overtake.
  public var gap = 1
  /// Bits per second, counted over whole frames without FCS; nil: no limit.
  public var rate: Double?
  /// Bytes that may pass at once after a time of silence.
  public var burst = 0
  /// Bytes that may wait for the rate; more are dropped. A thousand full frames unless given.
  public var limit = Self.defaultLimit
  /// A direction in which no connection may be opened: TCP's first segment, and UDP and ICMP that
  /// answer nothing from the other side, are dropped.
  public var refusesOpenings = false

  /// Which frames are meant; empty: all. Several: those that any of them matches.
  public var matches: [FrameMatch] = []
  /// Only so many of these, counted from the setting.
  public var first: Int?
  /// Only so many seconds from the setting.
  public var period: Double?
  /// Turns: this on for so long, then off for so long, and again.
  public var flap: Flap?

  public struct Flap: Sendable, Hashable {
    public var on: Double
    public var off: Double
    public init(on: Double, off: Double) {
      self.on = on
      self.off = off
    }
  }

  public static let none = Impairment()
  public static let defaultLimit = 1000 * 1514

  public init() {}
}
