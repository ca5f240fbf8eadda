import Events
import Glibc
import Testing

@testable import Processes

/// Whatever ends a run, nothing of it is left.
@Suite(.serialized) struct SuddenEndTests {
  @Test func killedAtRandomMoments() async throws {
    let scratch = Scratch()
    var most = 0
    for round in 0..<30 {
      let fixture = try await Fixture("churn", in: scratch.path)
      // The first rounds end in its start, the later ones among its children.
      await pass(Double.random(in: 0...(0.005 * Double(round + 1))))
      most = max(most, fixture.processes.count)
      await fixture.child.signal(SIGKILL)
      #expect(await fixture.child.exited.wait(until: .after(10)) == .signalled(number: SIGKILL))
      #expect(eventually { fixture.processes.isEmpty }, "\(fixture.processes) are left")
      #expect(scratch.volatile == [])
    }
    #expect(most > 5, "there was something to leave behind")
  }

  @Test func withoutGuardianTheChildrenStillEnd() async throws {
    let scratch = Scratch()
    let fixture = try await Fixture("own", in: scratch.path)
    let words = try fixture.hear()[0].split(separator: " ")
    let guardian = try #require(fixture.guardian())
    kill(guardian, SIGSTOP)
    await fixture.child.stop(.kill)
    #expect(eventually { !isAlive(Int32(words[0])!) }, "PR_SET_PDEATHSIG")
    #expect(fixture.guardian() == guardian)
    kill(guardian, SIGCONT)
    #expect(eventually { fixture.processes.isEmpty && scratch.volatile == [] })
  }

  @Test func guardianOutlivesTheTerminalsSignals() async throws {
    let scratch = Scratch()
    let fixture = try await Fixture("own", in: scratch.path)
    _ = try fixture.hear()
    let guardian = try #require(fixture.guardian())
    #expect(getsid(guardian) == guardian)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP] { kill(guardian, signal) }
    #expect(Folder.names(in: "/proc/\(guardian)/fd") == ["0", "1", "2", "3"])
    #expect(fixture.guardian() == guardian)
    await fixture.child.stop(.kill)
    #expect(eventually { fixture.processes.isEmpty && scratch.volatile == [] })
  }

  @Test func killedGuardianIsReplaced() async throws {
    let scratch = Scratch()
    let fixture = try await Fixture("own", in: scratch.path)
    _ = try fixture.hear()
    let first = try #require(fixture.guardian())
    kill(first, SIGKILL)
    #expect(fixture.guardian(otherThan: first) != nil)
    await fixture.child.stop(.kill)
    #expect(eventually { fixture.processes.isEmpty && scratch.volatile == [] })
  }

  @Test func dismissedGuardianLeavesNothing() async throws {
    let scratch = Scratch()
    let fixture = try await Fixture("dismiss", in: scratch.path)
    #expect(try fixture.hear(2).last == "dismissed")
    #expect(scratch.volatile == [])
    #expect(fixture.processes == [fixture.child.pid])
    await fixture.child.stop(.kill)
  }

  @Test func staleDirectoriesAreRemovedAndLivingOnesNot() async throws {
    let scratch = Scratch()
    let living = try await Fixture("own", in: scratch.path)
    let dead = try await Fixture("own", in: scratch.path)
    let path = try living.hear()[0].split(separator: " ")[1]
    _ = try dead.hear()
    let guardian = try #require(dead.guardian())
    await dead.child.signal(SIGSTOP)  // else it would replace its guardian
    kill(guardian, SIGKILL)
    await dead.child.stop(.kill)
    #expect(scratch.volatile.count == 2)
    let cleaner = try await Fixture("clean", in: scratch.path)
    #expect(await cleaner.child.exited.wait(until: .after(10)) == .exited(code: 0))
    #expect(scratch.volatile == [String(path.split(separator: "/").last!)])
    await living.child.stop(.kill)
    #expect(eventually { scratch.volatile == [] && living.processes.isEmpty })
    // Its grandchild had no guardian.
    for pid in dead.processes { kill(pid, SIGKILL) }
  }
}
