import Events
import Testing

@testable import Machines

/// What other runs hold, as a test says.
@Supervisor private final class TestLedger: RoomLedger {
  var held: UInt64 = 0
  private(set) var published: UInt64 = 0
  private(set) var handler: (@Supervisor () -> Void)?

  func locked<Value>(_ body: () -> Value) -> Value { body() }
  func others() -> UInt64 { held }
  func publish(_ bytes: UInt64) { published = bytes }
  func watch(_ handler: @escaping @Supervisor () -> Void) { self.handler = handler }
  func unwatch() { handler = nil }
}

@Suite @Supervisor struct HostRoomTests {
  private static let mib: UInt64 = 1 << 20
  private let ledger = TestLedger()
  private let room: HostRoom
  private final class Started: Sendable {
    @Supervisor var names: [String] = []
    @Supervisor var failures: [String] = []
    nonisolated init() {}
  }
  private let started = Started()

  init() { room = HostRoom(ledger: ledger) }

  /// `megabytes` without what QEMU itself takes.
  private func enter(
    _ name: String, _ megabytes: UInt64, _ limits: HostRoom.Limits, fails: Bool = false
  ) throws(MachineError) -> RoomRequest? {
    let started = started
    return try room.enter(name, memory: megabytes * Self.mib - HostRoom.overhead, limits) {
      () throws(MachineError) in
      if fails { throw MachineError(.launch, "\(name) fails") }
      started.names.append(name)
    } onFailure: { error in
      started.failures.append(error.message)
    }
  }

  @Test func firstComeFirstServedAndSmallerMayPass() throws {
    let limits = HostRoom.Limits(memory: 1000 * Self.mib)
    #expect(try enter("a", 600, limits) == nil)
    let b = try #require(try enter("b", 500, limits))
    let c = try #require(try enter("c", 500, limits))
    #expect(try enter("d", 400, limits) == nil)
    #expect(started.names == ["a", "d"] && ledger.published == 1000 * Self.mib)
    #expect(
      room.reason(b)
        == "500M of memory: of --memory's 1000M, a has 600M and d has 400M")
    room.leave("d")
    #expect(b.isWaiting && c.isWaiting)
    room.leave("a")
    #expect(started.names == ["a", "d", "b", "c"] && !b.isWaiting && !c.isWaiting)
    #expect(ledger.handler == nil, "nobody waits any more")
  }

  @Test func alone() throws {
    let limits = HostRoom.Limits(memory: 100 * Self.mib)
    #expect(try enter("large", 500, limits) == nil)
    let small = try #require(try enter("small", 80, limits))
    room.leave("large")
    #expect(!small.isWaiting)
  }

  @Test func otherRuns() throws {
    let limits = HostRoom.Limits(memory: 1000 * Self.mib)
    ledger.held = 700 * Self.mib
    let a = try #require(try enter("a", 400, limits))
    #expect(room.reason(a) == "400M of memory: of --memory's 1000M, other runs have 700M")
    ledger.held = 650 * Self.mib
    ledger.handler?()
    #expect(a.isWaiting)
    ledger.held = 600 * Self.mib
    ledger.handler?()
    #expect(!a.isWaiting && started.names == ["a"])
  }

  @Test func jobsFailuresAndCancelling() throws {
    let limits = HostRoom.Limits(jobs: 1)
    #expect(throws: MachineError.self) { _ = try enter("x", 100, limits, fails: true) }
    #expect(room.holders.isEmpty)
    #expect(try enter("a", 100, limits) == nil)
    let b = try #require(try enter("b", 100, limits))
    let c = try #require(try enter("c", 100, limits, fails: true))
    let d = try #require(try enter("d", 100, limits))
    #expect(room.reason(d) == "its turn: a runs, and --jobs allows 1 at a time")
    room.cancel(b)
    room.leave("a")
    #expect(!c.isWaiting && started.failures == ["c fails"])
    #expect(started.names == ["a", "d"] && !d.isWaiting)
    room.leave("d")
    #expect(room.holders.isEmpty && ledger.published == 0)
    room.close()
  }
}
