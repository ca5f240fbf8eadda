import Testing

@testable import Networks

/// Each impairment's figures, over many frames. Seeds are given, so that what passes once passes always.
@Suite struct ImpairmentTests {
  private static let million = 1_000_000

  private func lost(_ model: LossModel, _ count: Int = 400_000) -> [Bool] {
    var result: [Bool] = []
    result.reserveCapacity(count)
    LinkFaults(seed: 11, Impairment { $0.loss = model }).judge(count) { verdict, _ in
      result.append(verdict.dropped != nil)
    }
    return result
  }

  @Test(arguments: [0.0001, 0.01, 0.3])
  func lossIsAsAskedFor(_ probability: Double) {
    let losses = lost(.random(probability: probability), Self.million).count { $0 }
    #expect(isLikely(losses, of: Self.million, probability))
  }

  @Test func correlatedLossComesInARowAndIsNoRarer() {
    let (p, correlation) = (0.05, 0.4)
    let frames = lost(.random(probability: p, correlation: correlation))
    let losses = frames.count { $0 }
    // Its variance is (1 + c) / (1 - c) times that of independent ones.
    let deviation = (Double(frames.count) * p * (1 - p) * 1.4 / 0.6).squareRoot()
    #expect(abs(Double(losses) - Double(frames.count) * p) < 3 * deviation)
    let pairs = zip(frames, frames.dropFirst()).count { $0 && $1 }
    #expect(isLikely(pairs, of: losses, p + correlation * (1 - p)))
  }

  @Test func gilbertAndElliottsStatesLastAsLongAsTheyShould() {
    let (toBad, toGood, bad, good) = (0.01, 0.2, 0.8, 0.001)
    let frames = lost(.gilbertElliott(toBad: toBad, toGood: toGood, bad: bad, good: good))
    let share = toBad / (toBad + toGood)
    let expected = share * bad + (1 - share) * good
    #expect(abs(Double(frames.count { $0 }) / Double(frames.count) / expected - 1) < 0.04)
    // With bad = 1 and good = 0 each run of losses is a stay in the bad state.
    let runs = lost(.gilbertElliott(toBad: toBad, toGood: toGood))
    let starts = zip(runs, runs.dropFirst()).count { !$0 && $1 }
    #expect(abs(Double(runs.count { $0 }) / Double(starts) * toGood - 1) < 0.04)
  }

  @Test func copiesFlipsAndTheirPlacesAreAsAskedFor() {
    var (twice, corrupt) = (0, 0)
    var bits = [Int](repeating: 0, count: 800)
    let faults = LinkFaults(
      seed: 3,
      Impairment {
        $0.duplicate = 0.02
        $0.corrupt = 0.2
      })
    let count = 400_000
    faults.judge(count) { verdict, _ in
      if verdict.copies == 2 { twice += 1 }
      if let bit = verdict.corruptedBit {
        corrupt += 1
        bits[bit] += 1
      }
    }
    #expect(isLikely(twice, of: count, 0.02))
    #expect(isLikely(corrupt, of: count, 0.2))
    // Chi squared with 799 degrees of freedom: five deviations of 40.
    let mean = Double(corrupt) / 800
    #expect(bits.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) / mean } < 1000)
    #expect(faults.counters.duplicated == twice && faults.counters.corrupted == corrupt)
  }

  @Test func someFramesOvertake() {
    var impairment = Impairment {
      $0.delay = 0.01
      $0.reorder = 0.25
    }
    var overtaking = 0
    LinkFaults(impairment).judge(Self.million / 10, gap: 1000) { verdict, now in
      #expect(verdict.release.0 == (verdict.isReordered ? now : now + 10_000_000))
      if verdict.isReordered { overtaking += 1 }
    }
    #expect(isLikely(overtaking, of: Self.million / 10, 0.25))
    impairment.reorder = 1
    impairment.gap = 5
    var order: [Bool] = []
    LinkFaults(impairment).judge(10) { verdict, _ in order.append(verdict.isReordered) }
    #expect(order == [false, false, false, false, true, false, false, false, false, true])
  }

  /// 1000-byte frames at twice the rate of 8 Mbit/s.
  @Test func aRateIsKeptAndItsQueueEnds() {
    let faults = LinkFaults(
      Impairment {
        $0.rate = 8e6
        $0.limit = 20_000
      })
    var (passed, last, longest) = (0, UInt64(0), UInt64(0))
    let count = 20_000
    faults.judge(count, bytes: 1000, gap: 500_000) { verdict, now in
      guard verdict.dropped == nil else { return }
      #expect(verdict.release.0 > last)
      passed += 1
      last = verdict.release.0
      longest = max(longest, last - now)
    }
    #expect(abs(Double(passed) * 8000 / (Double(last) / 1e9) / 8e6 - 1) < 0.001)
    #expect(longest <= 21_000_000 && longest > 19_000_000)
    #expect(faults.counters.overLimit == count - passed)
  }

  @Test func aBurstPassesAtOnceAfterSilence() {
    let faults = LinkFaults(
      Impairment {
        $0.rate = 8e6
        $0.burst = 5000
      })
    let frame = [UInt8](repeating: 0, count: 1000)
    func waits(at now: UInt64) -> [UInt64] {
      (0..<7).map { _ in faults.judge(frame, at: now).release.0 - now }
    }
    #expect(waits(at: 1_000_000_000) == [0, 0, 0, 0, 0, 1_000_000, 2_000_000])
    #expect(
      waits(at: 1_004_000_000) == [0, 0, 1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000])
    #expect(waits(at: 2_000_000_000).prefix(5) == [0, 0, 0, 0, 0])
  }

  @Test func aRateDoesNotDriftWithTime() {
    let faults = LinkFaults(seed: 1)
    let start: UInt64 = 300 * 86_400 * 1_000_000_000
    faults.set([Impairment { $0.rate = 1e10 }], now: start)
    let frame = [UInt8](repeating: 0, count: 64)
    var last: UInt64 = 0
    for _ in 0..<100_000 { last = max(last, faults.judge(frame, at: start).release.0) }
    // Of 100,000 frames of 51.2 ns the queue takes what fits its limit of bytes.
    let fitting = Double(Impairment.defaultLimit / 64)
    #expect(abs(Double(last - start) / (fitting * 51.2) - 1) < 0.001)
  }

  @Test func flawsAreNamedInTheWordsOfScripts() {
    func flaw(_ change: (inout Impairment) -> Void) -> String { Impairment(change).flaw ?? "none" }
    #expect(Impairment.none.flaw == nil)
    #expect(LinkFaultsTests.everything.allSatisfy { $0.flaw == nil })
    #expect(flaw { $0.loss = .random(probability: 1.5) }.contains("'loss' is a probability"))
    #expect(flaw { $0.loss = .random(probability: .nan) }.contains("'loss'"))
    #expect(
      flaw { $0.loss = .gilbertElliott(toBad: 0.1, toGood: 2) }.contains("'gemodel.r'"))
    #expect(flaw { $0.loss = .random(probability: 0, correlation: 1) }.contains("below 1"))
    #expect(flaw { $0.delay = -1 }.contains("'delay' is from 0"))
    #expect(flaw { $0.jitter = .infinity }.contains("'jitter'"))
    #expect(flaw { $0.rate = 0 }.contains("'rate'"))
    #expect(flaw { $0.burst = 5 }.contains("want a 'rate'"))
    #expect(flaw { $0.reorder = 0.5 }.contains("wants a 'delay'"))
    #expect(flaw { $0.gap = 5 }.contains("wants a 'reorder'"))
    #expect(flaw { $0.delayCorrelation = 0.5 }.contains("wants a 'jitter'"))
    #expect(flaw { $0.first = 0 }.contains("'first'"))
    #expect(flaw { $0.period = 0 }.contains("'period'"))
    #expect(flaw { $0.flap = .init(on: 0, off: 1) }.contains("'flap.on'"))
  }
}
