import Testing

@testable import Networks

@Suite struct LinkFaultsTests {
  @Test func whatIsNotSetLetsAllPassAtOnce() {
    let faults = LinkFaults(seed: 1)
    var verdict = Verdict()
    let frame = [UInt8](repeating: 0, count: 60)
    frame.withUnsafeBytes { faults.judge($0, now: 7, into: &verdict) }
    #expect(faults.isIdle)
    #expect(verdict.dropped == nil && verdict.copies == 1 && verdict.release == (7, 7))
  }
}
