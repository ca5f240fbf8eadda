import Testing

@testable import Networks

/// "a may open connections to b, b may open none to a."
@Suite struct OpeningTests {
  private let toB = LinkFaults(seed: 1)
  private let toA = LinkFaults(seed: 2)
  private let a: [UInt8] = [10, 0, 0, 1]
  private let b: [UInt8] = [10, 0, 0, 2]

  init() {
    toB.reverse = toA
    toA.reverse = toB
    toA.set([Impairment { $0.refusesOpenings = true }], now: 0)
  }

  private func fromA(_ number: UInt8, _ body: [UInt8], at now: UInt64 = 0) -> DropReason? {
    toB.judge(
      TestFrame.ethernet(0x0800, TestFrame.v4(number, from: a, to: b, body)), at: now
    ).dropped
  }

  private func fromB(_ number: UInt8, _ body: [UInt8], at now: UInt64 = 0) -> DropReason? {
    toA.judge(
      TestFrame.ethernet(0x0800, TestFrame.v4(number, from: b, to: a, body)), at: now
    ).dropped
  }

  @Test func tcpIsOpenedInOneDirectionOnly() {
    #expect(fromA(6, TestFrame.tcp(4000, 80, flags: 0x02)) == nil)
    #expect(fromB(6, TestFrame.tcp(80, 4000, flags: 0x12)) == nil)
    #expect(fromB(6, TestFrame.tcp(80, 4000, flags: 0x10)) == nil)
    #expect(fromB(6, TestFrame.tcp(5000, 80, flags: 0x02)) == .opening)
    #expect(toA.counters.refusedOpenings == 1)
  }

  @Test func udpAndEchoAreAnsweredAndNotBegun() {
    #expect(fromB(17, TestFrame.udp(53, 1000)) == .opening)
    #expect(fromA(17, TestFrame.udp(1000, 53)) == nil)
    #expect(fromB(17, TestFrame.udp(53, 1000)) == nil)
    #expect(fromB(17, TestFrame.udp(53, 1001)) == .opening)
    #expect(fromB(1, TestFrame.echo(0, identifier: 9)) == .opening)
    #expect(fromA(1, TestFrame.echo(8, identifier: 9)) == nil)
    #expect(fromB(1, TestFrame.echo(0, identifier: 9)) == nil)
    #expect(fromB(1, TestFrame.echo(8, identifier: 9)) == .opening)
    // Three minutes later it is forgotten.
    #expect(fromB(17, TestFrame.udp(53, 1000), at: 180_000_000_000) == .opening)
  }

  @Test func addressesAreResolvedInBothDirections() {
    #expect(toA.judge(TestFrame.arp()).dropped == nil)
  }

  @Test func theEndOfTheRuleEndsItOnBothSides() {
    #expect(!toB.isIdle)
    toA.set([], now: 0)
    #expect(toB.isIdle && toA.isIdle)
    #expect(fromB(6, TestFrame.tcp(5000, 80, flags: 0x02)) == nil)
  }
}
