import Events

/// What befalls the frames of one direction of one link. Owned by the switch's thread; `judge`
/// neither locks nor allocates.
///
/// A link has a stack of impairments, through which a frame goes one after the other as through
/// lines in series. Each has random numbers of its own, counted from its setting over the frames that
/// it matches: so the nth such frame meets the same fate in every run with the same seed, whatever the
/// times at which frames came, and whatever the other impairments did.
public final class LinkFaults {
  /// Nothing can befall a frame: `judge` need not be called.
  public private(set) var isIdle = true
  /// What is set, the first that frames meet first.
  public private(set) var impairments: [Impairment] = []
  public private(set) var counters = FaultCounters()
  /// The other direction of the same link, whose frames tell what is an answer. Set it on both before
  /// anything else.
  public weak var reverse: LinkFaults?

  private let seed: UInt64
  /// How often something was set: each setting has random numbers of its own.
  private var settings: UInt64 = 0
  private var rules = UnsafeMutableBufferPointer<FaultRule>(start: nil, count: 0)
  private var lastHits: [UInt64] = []
  private var needsHeader = false
  /// What the other direction began, if something here refuses openings.
  private var answerable: Flows?
  /// Where to note what begins here, if the other direction refuses openings.
  private var noted: Flows?

  /// `seed` is the link's own and the direction's: see `seed(_:from:to:)`.
  public init(seed: UInt64) { self.seed = seed }

  deinit { removeRules() }

  /// The seed of one direction of one link, from the run's and the names of the ports.
  public static func seed(_ run: UInt64, from: String, to: String) -> UInt64 {
    var seed = FaultGenerator.derive(run, UInt64(from.utf8.count))
    for byte in from.utf8 { seed = FaultGenerator.derive(seed, UInt64(byte)) }
    for byte in to.utf8 { seed = FaultGenerator.derive(seed, UInt64(byte)) }
    return seed
  }

  /// What stands for all that is set; setting it replaces the whole stack, from now on.
  public var impairment: Impairment {
    get { impairments.first ?? .none }
    set { set(newValue == .none ? [] : [newValue], now: UInt64(Instant.monotonic())) }
  }

  /// Replaces the whole stack; an empty one ends all faults. `now` is the switch's clock, from which
  /// periods count. All must be without flaw.
  public func set(_ stack: [Impairment], now: UInt64) {
    removeRules()
    settings += 1
    impairments = stack
    rules = .allocate(capacity: stack.count)
    let own = FaultGenerator.derive(seed, settings)
    for (index, impairment) in stack.enumerated() {
      let rule = FaultRule(impairment, seed: FaultGenerator.derive(own, UInt64(index)), now: now)
      rules.initializeElement(at: index, to: rule)
    }
    if !stack.contains(where: \.refusesOpenings) {
      answerable = nil
    } else if answerable == nil {
      answerable = Flows()
    }
    update()
    reverse?.noted = answerable
    reverse?.update()
  }

  /// How many frames each impairment of the stack that was set last did something to, also when it
  /// has been reset since.
  public var hits: [UInt64] { rules.isEmpty ? lastHits : rules.map(\.hits) }

  /// Says what is to become of a frame that arrives at `now`, in nanoseconds of the switch's clock
  /// (CLOCK_MONOTONIC). `frame` is an Ethernet frame without its FCS.
  public func judge(_ frame: UnsafeRawBufferPointer, now: UInt64, into verdict: inout Verdict) {
    verdict.pass(at: now)
    if isIdle { return }
    if needsHeader {
      judge(frame, FrameHeader(frame), now, &verdict)
    } else {
      for index in 0..<rules.count {
        rules[index].apply(
          bytes: frame.count, isOpening: false, number: index, now: now, to: &verdict)
      }
    }
    if !rules.isEmpty { counters.count(verdict, now: now) }
  }

  private func judge(
    _ frame: UnsafeRawBufferPointer, _ header: FrameHeader, _ now: UInt64,
    _ verdict: inout Verdict
  ) {
    let isOpening = answerable?.isOpening(header, now: now) ?? false
    for index in 0..<rules.count where rules[index].fits(header) {
      rules[index].apply(
        bytes: frame.count, isOpening: isOpening, number: index, now: now, to: &verdict)
    }
    if let noted, verdict.dropped == nil { noted.note(header, now: now) }
  }

  private func update() {
    isIdle = impairments.isEmpty && noted == nil
    needsHeader =
      noted != nil || impairments.contains { !$0.matches.isEmpty || $0.refusesOpenings }
  }

  private func removeRules() {
    if !rules.isEmpty { lastHits = rules.map(\.hits) }
    for index in 0..<rules.count { rules[index].deallocate() }
    rules.deallocate()
  }
}
