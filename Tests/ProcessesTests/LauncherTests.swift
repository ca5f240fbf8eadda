import Events
import Glibc
import Testing

@testable import Processes

@Suite struct LauncherTests {
  @Test func exitCodeAndSignal() async throws {
    #expect(try await run(shell("exit 7")).status == .exited(code: 7))
    #expect(try await run(shell("kill -USR1 $$")).status == .signalled(number: SIGUSR1))
  }

  @Test func outputOfBothStreamsInOrder() async throws {
    let outcome = try await run(shell("echo one; echo two >&2; echo three"))
    #expect(outcome == Outcome(status: .exited(code: 0), output: "one\ntwo\nthree\n"))
  }

  @Test func withoutPidfd() async throws {
    await Supervisor.run { Launcher.usesPidfd = false }
    let outcome = try await run(shell("echo fallback; exit 3"))
    await Supervisor.run { Launcher.usesPidfd = true }
    #expect(outcome == Outcome(status: .exited(code: 3), output: "fallback\n"))
  }

  @Test func missingPrograms() async {
    for name in ["no-such-program", "/no/such/program", ""] {
      let command = Command(name: "it", executable: name)
      let error = await #expect(throws: ProcessError.self) { try await run(command) }
      #expect(error?.kind == .missing)
      #expect(error?.message.contains(name) == true)
    }
  }

  @Test func failureOfExecIsReported() async throws {
    let error = await #expect(throws: ProcessError.self) {
      try await run(Command(name: "it", executable: "/etc/passwd"))
    }
    #expect(error?.kind == .launch)
    #expect(error?.message == "cannot start it: /etc/passwd: Permission denied")

    var command = shell("true")
    command.workingDirectory = "/no/such/place"
    let other = await #expect(throws: ProcessError.self) { try await run(command) }
    #expect(other?.message == "cannot start sh: /no/such/place: No such file or directory")
    #expect(await Supervisor.run { Launcher.living.contains { $0.name == "it" } } == false)
  }

  @Test func zeroByteIsRefused() async {
    let error = await #expect(throws: ProcessError.self) { try await run(shell("true", ["a\0b"])) }
    #expect(error?.message.contains("zero byte") == true)
  }

  @Test func descriptorsInArguments() async throws {
    let (one, other) = try Descriptor.pipe().split()
    let (third, fourth) = try Descriptor.pipe().split()
    _ = fourth.take()
    let command = shell(
      "echo given >&${1#*=}; echo $1 $2",
      ["fd=\(descriptor: "z")", "\(descriptor: "y"),\(descriptor: "z")"])
    let outcome = try await run(command, descriptors: ["z": other, "y": third])
    #expect(outcome.output == "fd=3 4,3\n")
    #expect(other.number == -1)
    #expect(try lines(1, from: one) == ["given"])
  }

  @Test func unmentionedDescriptorsFollowByName() throws {
    let numbers = DescriptorNumbers(
      arguments: ["\(descriptor: "m")"], standard: [.descriptor("s")],
      unmentioned: ["b", "s", "m", "a"])
    #expect(numbers.names == ["m", "a", "b"])
  }

  @Test func descriptorsAreMovedAlsoOnFailure() async throws {
    let (one, other) = try Descriptor.pipe().split()
    await #expect(throws: ProcessError.self) {
      try await run(Command(name: "it", executable: "no-such"), descriptors: ["x": other])
    }
    #expect(other.number == -1)
    #expect(try lines(1, from: one).isEmpty, "the other end was closed")
    let error = await #expect(throws: ProcessError.self) {
      try await run(shell("true"), descriptors: ["x": other])
    }
    #expect(error?.message.contains("'x' was given away before") == true)
    let missing = await #expect(throws: ProcessError.self) {
      try await run(shell("true", ["\(descriptor: "y")"]))
    }
    #expect(missing?.message.contains("'y' was not given") == true)
  }

  /// Many descriptors whose numbers here overlap the numbers they get there, in reverse.
  @Test func collidingNumbers() async throws {
    var boxes: [String: DescriptorBox] = [:]
    var ends: [DescriptorBox] = []
    for index in 0..<300 {
      let (read, write) = try Descriptor.pipe().split()
      ends.append(read)
      boxes[String(999 - index)] = write
    }
    #expect(boxes.values.contains { $0.number < 303 }, "or else nothing overlaps")
    // bash, since sh knows only one-digit numbers.
    var command = shell("")
    command.executable = "bash"
    command.arguments[1] = "for i in {3..302}; do echo $i >&$i; done"
    #expect(try await run(command, descriptors: boxes).status == .exited(code: 0))
    for (index, end) in ends.enumerated() {
      #expect(try lines(1, from: end) == [String(302 - index)])
    }
  }

  @Test func nothingLeaks() async throws {
    let (one, other) = try Descriptor.pipe().split()
    // Without close-on-exec, as a careless library has it.
    let stray = fcntl(one.number, F_DUPFD, 3)
    defer { close(stray) }
    let outcome = try await run(
      shell("ls /proc/self/fd | tr '\\n' ' '"), descriptors: ["x": other])
    #expect(outcome.output == "0 1 2 3 4 ", "4 is the directory that ls reads")
  }

  @Test func signalsAreReset() async throws {
    signal(SIGUSR2, SIG_IGN)
    let outcome = try await run(
      Command(name: "cat", executable: "cat", arguments: ["/proc/self/status"]).captured)
    let masks = outcome.output.split(separator: "\n").filter { $0.hasPrefix("Sig") }.dropFirst(2)
    #expect(masks.map { $0.prefix(7) } == ["SigBlk:", "SigIgn:", "SigCgt:"])
    #expect(masks.allSatisfy { $0.hasSuffix("\t0000000000000000") }, "\(masks)")
  }

  @Test func descriptorLimitOfChildrenIsTheOldOne() async throws {
    let fixture = try await Fixture(
      "limit", in: "/tmp", through: ["sh", "-c", "ulimit -Sn 512; exec \"$0\" \"$@\""])
    #expect(try fixture.hear(2) == ["512", "more here: true"])
    await fixture.child.stop(.kill)
  }

  @Test func environmentAndDirectory() async throws {
    var command = shell("echo $ONE-${HOME-none}-$(pwd)")
    command.environment = ["ONE": "1", "HOME": nil]
    command.workingDirectory = "/usr"
    #expect(try await run(command).output == "1-none-/usr\n")
  }

  @Test func relativeProgramIsOfThisDirectory() {
    #expect(Launcher.find("sh")?.hasPrefix("/") == true)
    #expect(Launcher.find("./no-such") == nil)
    #expect(Launcher.find("/etc") == nil)
  }

  @Test func standardStreams() async throws {
    let (mine, theirs) = try Descriptor.pair().split()
    var command = Command(name: "cat", executable: "cat")
    command.standardInput = .descriptor("io")
    command.standardOutput = .descriptor("io")
    let child = try await Supervisor.run {
      try Launcher.launch(command, descriptors: ["io": theirs])
    }
    _ = try mine.use { try $0.writeAll("hello\n".utf8) }
    #expect(try lines(1, from: mine) == ["hello"])
    mine.close()
    #expect(await child.exited.wait(until: .after(20)) == .exited(code: 0))
  }

  @Test func outputToAFile() async throws {
    let path = "/tmp/processes-test-\(getpid())-output"
    defer { unlink(path) }
    for word in ["one", "two"] {
      var command = shell("echo \(word) >&2")
      command.standardError = .file(path)
      #expect(try await run(command).output == word + "\n")
    }
    #expect(contents(path) == "one\ntwo\n")
  }

  @Test func tailIsBounded() async throws {
    let outcome = try await run(
      shell("head -c 3000000 /dev/zero | tr '\\0' a; printf '\\377end'"))
    #expect(outcome.output.utf8.count == 64 * 1024 + 2, "one byte became three: U+FFFD")
    #expect(outcome.output.hasSuffix("a\u{FFFD}end"))
  }

  @Test @Supervisor func tailBeginsWithAWholeCharacter() {
    let tail = OutputTail()
    tail.append("x".utf8)
    for _ in 0..<70_000 { tail.append("é".utf8) }
    tail.append("x".utf8)
    #expect(tail.text.utf8.count == 64 * 1024 - 1)
    #expect(!tail.text.unicodeScalars.contains("\u{FFFD}"))
  }
}
