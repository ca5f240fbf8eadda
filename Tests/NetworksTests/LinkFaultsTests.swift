import Testing

@testable import Networks

@Suite struct LinkFaultsTests {
  @Test func whatIsNotSetLetsAllPassAtOnce() {
    let faults = LinkFaults(seed: 1)
    let verdict = faults.judge(TestFrame.arp(), at: 7)
    #expect(faults.isIdle)
    #expect(verdict.dropped == nil && verdict.copies == 1 && verdict.release == (7, 7))
  }

  @Test func anEmptyStackEndsAllFaults() {
    let faults = LinkFaults(Impairment { $0.loss = .random(probability: 1) })
    #expect(faults.judge(TestFrame.arp()).dropped == .loss)
    faults.set([], now: 5)
    #expect(faults.isIdle)
    #expect(faults.judge(TestFrame.arp()).dropped == nil)
    #expect(faults.counters.lost == 1 && faults.counters.hits == 1)
  }

  /// All that is random, and two layers.
  static let everything = [
    Impairment {
      $0.delay = 0.01
      $0.jitter = 0.005
      $0.delayCorrelation = 0.3
      $0.distribution = .normal
      $0.loss = .random(probability: 0.1, correlation: 0.25)
      $0.duplicate = 0.1
      $0.corrupt = 0.1
      $0.reorder = 0.2
      $0.gap = 3
    },
    Impairment {
      $0.loss = .gilbertElliott(toBad: 0.05, toGood: 0.3)
      $0.jitter = 0.001
      $0.duplicate = 0.05
    },
  ]

  private func fates(
    seed: UInt64, gap: UInt64 = 1000, _ stack: [Impairment] = everything
  ) -> [String] {
    let faults = LinkFaults(seed: seed)
    faults.set(stack, now: 0)
    var fates: [String] = []
    faults.judge(5000, gap: gap) { verdict, now in
      let kept =
        verdict.copies == 0
        ? "" : "\(verdict.copies) \(verdict.release.0 - now) \(verdict.isReordered)"
      fates.append(
        verdict.dropped.map { "\($0) \(verdict.rule)" }
          ?? "\(kept) \(verdict.corruptedBit ?? -1)")
    }
    return fates
  }

  @Test func theNthFrameMeetsTheSameFateInEveryRunWithItsSeed() {
    let first = fates(seed: 7)
    #expect(first == fates(seed: 7))
    #expect(first == fates(seed: 7, gap: 12_345))
    #expect(first != fates(seed: 8))
    #expect(Set(first).count > 1000)
  }

  /// What a first layer drops must not shift the random numbers of a second.
  @Test func theFateInOneLayerDoesNotDependOnAnother() {
    let loss = Impairment { $0.loss = .random(probability: 0.5) }
    let none = Impairment { $0.delay = 0 }
    let alone = fates(seed: 7, [none, loss])
    let after = fates(seed: 7, [Impairment { $0.corrupt = 0.5 }, loss])
    let below = fates(seed: 7, [Impairment { $0.loss = .random(probability: 0.3) }, loss])
    for number in 0..<5000 {
      #expect(alone[number].hasPrefix("loss") == after[number].hasPrefix("loss"))
      if !below[number].hasPrefix("loss 0") {
        #expect(alone[number].hasPrefix("loss") == below[number].hasPrefix("loss"))
      }
    }
  }

  @Test func aSecondSettingHasOtherNumbersThanTheFirst() {
    let faults = LinkFaults(seed: 1)
    let loss = Impairment { $0.loss = .random(probability: 0.5) }
    let runs = (0..<2).map { _ in
      faults.set([loss], now: 0)
      return (0..<100).map { _ in faults.judge(TestFrame.arp()).dropped == nil }
    }
    #expect(runs[0] != runs[1])
  }

  @Test func layersAddUp() {
    let faults = LinkFaults(
      Impairment { $0.delay = 0.01 }, Impairment { $0.delay = 0.02 },
      Impairment { $0.duplicate = 1 })
    let verdict = faults.judge(TestFrame.arp(), at: 1000)
    #expect(verdict.copies == 2)
    #expect(verdict.release == (30_001_000, 30_001_000))
    #expect(faults.hits == [1, 1, 1])
    faults.set([], now: 2000)
    #expect(faults.hits == [1, 1, 1])
    faults.set([Impairment { $0.delay = 0.01 }], now: 2000)
    #expect(faults.hits == [0])
  }

  /// As netem has it: a frame that is duplicated and lost arrives once.
  @Test func lossTakesOneOfTwoCopies() {
    let faults = LinkFaults(
      Impairment {
        $0.duplicate = 1
        $0.loss = .random(probability: 1)
      })
    let verdict = faults.judge(TestFrame.arp())
    #expect(verdict.dropped == nil && verdict.copies == 1)
  }

  @Test func onlyTheFirstFramesAreMeant() {
    let faults = LinkFaults(
      Impairment {
        $0.loss = .random(probability: 1)
        $0.first = 3
        $0.matches = [FrameMatch { $0.etherType = 0x0806 }]
      })
    let other = TestFrame.ethernet(0x88b5, [])
    let lost = (0..<5).map { _ in
      #expect(faults.judge(other).dropped == nil)
      return faults.judge(TestFrame.arp()).dropped != nil
    }
    #expect(lost == [true, true, true, false, false])
  }

  @Test func aPeriodEndsAndFlappingTakesTurns() {
    let faults = LinkFaults(seed: 1)
    var impairment = Impairment { $0.loss = .random(probability: 1) }
    func isLost(at milliseconds: UInt64) -> Bool {
      faults.judge(TestFrame.arp(), at: milliseconds * 1_000_000).dropped != nil
    }
    impairment.period = 0.5
    faults.set([impairment], now: 1_000_000_000)
    #expect(isLost(at: 1000) && isLost(at: 1499) && !isLost(at: 1500) && !isLost(at: 9000))
    impairment.period = nil
    impairment.flap = .init(on: 0.1, off: 0.2)
    faults.set([impairment], now: 0)
    let turns = [0, 99, 100, 299, 300, 399, 400, 600].map { isLost(at: $0) }
    #expect(turns == [true, true, false, false, true, true, false, true])
  }

  @Test func aLinksSeedFollowsFromTheRunsAndThePortsNames() {
    let seeds = [
      LinkFaults.seed(1, from: "a", to: "b"), LinkFaults.seed(1, from: "b", to: "a"),
      LinkFaults.seed(2, from: "a", to: "b"), LinkFaults.seed(1, from: "ab", to: ""),
    ]
    #expect(Set(seeds).count == 4)
    #expect(seeds[0] == LinkFaults.seed(1, from: "a", to: "b"))
  }
}

extension FrameMatch {
  init(_ change: (inout FrameMatch) -> Void) {
    self.init()
    change(&self)
  }
}
