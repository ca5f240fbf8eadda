import Events
import Glibc
import Synchronization
import Testing

@testable import Processes

@Suite struct ChildTests {
  /// A child that has said its first line, which is returned with it.
  private func start(
    _ script: String, own: Bool = true
  ) async throws -> (Child, String, DescriptorBox) {
    var command = shell(script)
    command.standardOutput = .descriptor("out")
    command.hasOwnGroup = own
    let (reader, writer) = try Descriptor.pipe().split()
    let child = try await Supervisor.run { [command] in
      try Launcher.launch(command, descriptors: ["out": writer])
    }
    return (child, try lines(1, from: reader)[0], reader)
  }

  @Test func grandchildrenEndWithTheChild() async throws {
    let (child, line, _) = try await start("trap '' TERM HUP; sleep 1000 & echo $!")
    #expect(await child.exited.wait(until: .after(10)) == .exited(code: 0))
    #expect(eventually { !isAlive(Int32(line)!) })
  }

  @Test func whoeverKeepsThePipeDelaysNothing() async throws {
    let (child, line, _) = try await start(
      "echo last words >&2; setsid sh -c 'echo $$; exec sleep 1000' & exec sleep 1000")
    await child.signal(SIGTERM)
    #expect(await child.exited.wait(until: .after(10)) == .signalled(number: SIGTERM))
    #expect(await child.errorOutput == "last words\n")
    let escaped = Int32(line)!
    #expect(isAlive(escaped), "or else nobody kept the pipe")
    kill(escaped, SIGKILL)
  }

  // A shell runs its trap when the command before it has ended, and a signal may come before that
  // command is there to be ended by it: so the commands are short.
  @Test func rungsOfTheLadder() async throws {
    let rungs = Mutex<[String]>([])
    let ladder = StopLadder(
      request: { rungs.withLock { $0.append("request") } }, requestGrace: 0.05,
      terminateGrace: 0.2)
    let (child, _, out) = try await start(
      "trap 'echo term' TERM; echo up; while :; do sleep 0.05; done")
    await child.stop(ladder)
    #expect(rungs.withLock { $0 } == ["request"])
    #expect(try lines(9, from: out) == ["term"])
    #expect(child.exited.value == .signalled(number: SIGKILL))
    #expect(await Supervisor.run { Launcher.living.contains { $0 === child } } == false)
  }

  @Test func politeChildrenAreNotKilled() async throws {
    let (child, _, _) = try await start("trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done")
    await child.stop(StopLadder(terminateGrace: 10))
    #expect(child.exited.value == .exited(code: 5))
    await child.stop()  // of one that is gone: returns
    await child.signal(SIGKILL)
  }

  @Test func killSkipsTheOtherRungs() async throws {
    let (child, _, out) = try await start(
      "trap 'echo term' TERM; echo up; while :; do sleep 0.05; done")
    await child.stop(.kill)
    #expect(try lines(9, from: out) == [])
  }

  @Test func frozenChildrenEndToo() async throws {
    let (child, _, _) = try await start("trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done")
    await child.signal(SIGSTOP)
    await child.stop(StopLadder(terminateGrace: 10))
    #expect(child.exited.value == .exited(code: 5))
  }

  @Test func interactiveChildrenShareTheGroup() async throws {
    let (child, line, _) = try await start(
      "sleep 1000 & echo $! $(cut -d' ' -f5 /proc/$$/stat); exec sleep 1000",
      own: false)
    let words = line.split(separator: " ").map { Int32($0)! }
    #expect(words[1] == getpgrp())
    await child.stop()
    #expect(child.exited.value == .signalled(number: SIGTERM))
    #expect(isAlive(words[0]), "only the child was signalled")
    kill(words[0], SIGKILL)
  }

  @Test func aGroupIsItsChildsOwn() async throws {
    let (child, line, _) = try await start("cut -d' ' -f5 /proc/$$/stat; exec sleep 1000")
    #expect(Int32(line) == child.pid)
    #expect(await Supervisor.run { Launcher.living.contains { $0 === child } })
    await child.stop()
    #expect(child.exited.value == .signalled(number: SIGTERM))
  }

  @Test func allAtOnce() async throws {
    let scratch = Scratch()
    let fixture = try await Fixture("stop-all", in: scratch.path)
    let expected: [Processes.ExitStatus] = [
      .signalled(number: SIGKILL), .signalled(number: SIGTERM),
    ]
    #expect(try fixture.hear() == ["\(expected) 0"])
    await fixture.child.stop(.kill)
  }
}
