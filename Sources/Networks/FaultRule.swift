/// One impairment of a stack at work: its thresholds, states and random numbers. Every random
/// decision is made for every frame that matches, also for one that is dropped or outside the
/// impairment's time: so no decision depends on when frames came.
struct FaultRule {
  private static let lostLane: UInt64 = 0
  private static let stateLane: UInt64 = 1
  private static let duplicateLane: UInt64 = 2
  private static let corruptLane: UInt64 = 3
  private static let bitLane: UInt64 = 4
  private static let reorderLane: UInt64 = 5
  private static let delayLane: UInt64 = 6
  private static let copyLane: UInt64 = 7

  /// What it did something to.
  private(set) var hits: UInt64 = 0

  private let matches: UnsafeMutableBufferPointer<FrameMatch>
  private let refusesOpenings: Bool
  private var generator: FaultGenerator
  private var gate: FaultGate
  private var loss: FaultLoss
  private var duplicate: Chance
  private var corrupt: Chance
  private var reorder: Chance
  private let gap: Int
  private var sinceReorder = 0
  private var limiter: RateLimiter?
  private var delay: FaultDelay

  init(_ impairment: Impairment, seed: UInt64, now: UInt64) {
    matches = .allocate(capacity: impairment.matches.count)
    _ = matches.initialize(from: impairment.matches)
    refusesOpenings = impairment.refusesOpenings
    generator = FaultGenerator(seed: seed)
    gate = FaultGate(impairment, now: now)
    loss = FaultLoss(impairment.loss)
    duplicate = Chance(impairment.duplicate, correlation: impairment.duplicateCorrelation)
    corrupt = Chance(impairment.corrupt, correlation: impairment.corruptCorrelation)
    reorder = Chance(impairment.reorder, correlation: impairment.reorderCorrelation)
    gap = impairment.gap
    limiter = impairment.rate.map {
      RateLimiter(rate: $0, burst: impairment.burst, limit: impairment.limit, origin: now)
    }
    delay = FaultDelay(impairment)
  }

  /// To be called once, at the end.
  func deallocate() { matches.deallocate() }

  @inline(__always)
  func fits(_ header: FrameHeader) -> Bool {
    if matches.isEmpty { return true }
    for index in 0..<matches.count where matches[index].fits(header) { return true }
    return false
  }

  /// `number` is the impairment's place in the stack, for the verdict.
  mutating func apply(
    bytes: Int, isOpening: Bool, number: Int, now: UInt64, to verdict: inout Verdict
  ) {
    let isLost = loss.happens(generator.draw(Self.lostLane), state: generator.draw(Self.stateLane))
    let isTwice = duplicate.isPossible && duplicate.happens(generator.draw(Self.duplicateLane))
    let isCorrupt = corrupt.isPossible && corrupt.happens(generator.draw(Self.corruptLane))
    let isFirst = overtakes()
    let delays = delay.next(generator.draw(Self.delayLane), copy: generator.draw(Self.copyLane))
    let bit = generator.draw(Self.bitLane) >> 32
    generator.next()

    guard gate.isOpen(now), verdict.dropped == nil else { return }
    if refusesOpenings && isOpening {
      hits &+= 1
      return verdict.drop(.opening, rule: number)
    }
    let copies = verdict.copies
    if isTwice && verdict.copies == 1 {
      verdict.copies = 2
      verdict.release.1 = verdict.release.0
    }
    if isLost { verdict.copies -= 1 }
    if verdict.copies == 0 {
      hits &+= 1
      return verdict.drop(.loss, rule: number)
    }
    if isCorrupt && verdict.corruptedBit == nil && bytes > 0 {
      verdict.corruptedBit = Int((bit &* UInt64(bytes * 8)) >> 32)
    }
    if isFirst {
      verdict.isReordered = true
      hits &+= 1
      return
    }
    let before = verdict.release.0
    queue(bytes, delays, number, &verdict)
    if verdict.dropped != nil || verdict.release.0 != before || isCorrupt
      || copies != verdict.copies
    {
      hits &+= 1
    }
  }

  /// As netem's: only after `gap - 1` frames that did not.
  @inline(__always)
  private mutating func overtakes() -> Bool {
    guard reorder.isPossible else { return false }
    if sinceReorder >= gap - 1, reorder.happens(generator.draw(Self.reorderLane)) {
      sinceReorder = 0
      return true
    }
    sinceReorder += 1
    return false
  }

  /// Through the limited rate, and then along the delay.
  @inline(__always)
  private mutating func queue(
    _ bytes: Int, _ delays: (UInt64, UInt64), _ number: Int, _ verdict: inout Verdict
  ) {
    if limiter != nil {
      guard let left = limiter!.send(bytes, at: verdict.release.0) else {
        return verdict.drop(.limit, rule: number)
      }
      verdict.release.0 = left
      if verdict.copies == 2 {
        if let left = limiter!.send(bytes, at: verdict.release.1) {
          verdict.release.1 = left
        } else {
          verdict.copies = 1
        }
      }
    }
    verdict.release.0 &+= delays.0
    verdict.release.1 &+= delays.1
  }
}
