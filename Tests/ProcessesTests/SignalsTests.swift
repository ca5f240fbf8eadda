import Events
import Glibc
import Testing

@testable import Processes

@Suite struct SignalsTests {
  @Test func signalsReachTheHandler() async throws {
    let fixture = try await Fixture("signals", in: "/tmp")
    #expect(try fixture.hear() == ["ready"])
    // The fixture has asked for the first of those that are left alone else.
    for signal in Signal.allCases
    where signal != .stop && (!signal.isOptional || signal == .user1) {
      await fixture.child.signal(signal.number)
      #expect(try fixture.hear() == ["\(signal)"])
    }
    await fixture.child.stop(.kill)
  }

  @Test func stoppedTimeIsNoTime() async throws {
    let fixture = try await Fixture("signals", in: "/tmp")
    _ = try fixture.hear()
    let pid = fixture.child.pid
    await fixture.child.signal(SIGTSTP)
    #expect(eventually { contents("/proc/\(pid)/stat")!.contains(") T ") })
    await pass(0.25)
    await fixture.child.signal(SIGCONT)
    #expect(try fixture.hear(2) == ["stopped true true", "resume"])
    await fixture.child.signal(SIGTSTP)
    #expect(eventually { contents("/proc/\(pid)/stat")!.contains(") T ") }, "and once more")
    await fixture.child.stop(.kill)
  }

  @Test func ignoredSignalsStayIgnored() async throws {
    let fixture = try await Fixture(
      "signals", in: "/tmp", through: ["sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""])
    _ = try fixture.hear()
    await fixture.child.signal(SIGHUP)
    await fixture.child.signal(SIGINT)
    #expect(try fixture.hear() == ["interrupt"])
    await fixture.child.stop(.kill)
  }
}
