/// What befell the frames of one direction of a link since it was made.
public struct FaultCounters: Sendable, Hashable {
  /// All that were judged while any fault was set.
  public var frames: UInt64 = 0
  /// Those that at least one fault did something to.
  public var hits: UInt64 = 0
  public var lost: UInt64 = 0
  /// Dropped in front of a limited rate.
  public var overLimit: UInt64 = 0
  public var refusedOpenings: UInt64 = 0
  public var delayed: UInt64 = 0
  public var duplicated: UInt64 = 0
  public var corrupted: UInt64 = 0
  public var reordered: UInt64 = 0

  public init() {}

  mutating func count(_ verdict: Verdict, now: UInt64) {
    frames &+= 1
    switch verdict.dropped {
    case .loss?: lost &+= 1
    case .limit?: overLimit &+= 1
    case .opening?: refusedOpenings &+= 1
    default: break
    }
    if verdict.dropped != nil {
      hits &+= 1
      return
    }
    let isDelayed = verdict.release.0 > now
    if isDelayed { delayed &+= 1 }
    if verdict.copies > 1 { duplicated &+= 1 }
    if verdict.corruptedBit != nil { corrupted &+= 1 }
    if verdict.isReordered { reordered &+= 1 }
    if isDelayed || verdict.copies > 1 || verdict.corruptedBit != nil || verdict.isReordered {
      hits &+= 1
    }
  }
}
