import Events
import Glibc
import Processes
import Testing

@testable import Machines

/// A console that is fed by hand: what QEMU would never do at will.
@Suite struct ConsoleTests {
  @Supervisor private func fed(
    _ path: String, _ body: @Supervisor (Console, Int32) async throws -> Void
  ) async throws {
    let console = try Console(path: path, origin: .now)
    let (ours, theirs) = try Descriptor.pair().split()
    console.attach([ours])
    let number = theirs.number
    try await body(console, number)
    theirs.close()
    console.finish()
  }

  @Supervisor private func until(_ console: Console, _ isDone: (ConsoleSnapshot) -> Bool) async {
    let deadline = Deadline.after(30)
    while !isDone(console.snapshot), !deadline.hasPassed {
      console.changed.clear()
      if isDone(console.snapshot) { break }
      _ = await console.changed.wait(until: .after(1))
    }
  }

  @Test func timesSayWhenTextCame() async throws {
    let scratch = Scratch()
    try await fed(scratch.path + "/console.log") { console, end in
      for index in 0..<3 {
        write(end, "line \(index)\n", 7)
        await until(console) { $0.length == 7 * (index + 1) }
        let pause = Event<Bool>()
        _ = await pause.wait(until: .after(0.03))
      }
      let times = (0..<3).map { console.times.seconds(at: $0 * 7)! }
      #expect(times[1] - times[0] >= 0.03 && times[2] - times[1] >= 0.03, "\(times)")
      #expect(console.times.seconds(at: 13) == times[1] && console.times.seconds(at: -1) == nil)
      #expect(console.lastLines(2).map(\.text) == ["line 1", "line 2"])
      #expect(console.lastLines(2).map(\.seconds) == [times[1], times[2]])
    }
    let lines = Files.read(scratch.path + "/console.times")!.split(separator: "\n")
    // The three, and the boot's beginning if that was a millisecond before.
    #expect((3...4).contains(lines.count))
    #expect(lines.allSatisfy { $0.utf8.count == ConsoleTimes.width - 1 })
    for line in lines {
      let json = try JSON.parse(Array(line.utf8))
      #expect(json["boot"]?.integer == 1 && json["offset"]?.integer != nil, "\(line)")
    }
  }

  @Test func numbersHaveTheDigitsThatWereAskedFor() {
    #expect(ConsoleTimes.fixed(1.005, 2) == "1.00" || ConsoleTimes.fixed(1.005, 2) == "1.01")
    #expect(ConsoleTimes.fixed(12.0600004, 6) == "12.060000")
    #expect(ConsoleTimes.fixed(0.999_999_9, 6) == "1.000000")
    #expect(ConsoleTimes.fixed(-1, 2) == "0.00")
    #expect(ConsoleTimes.line(1e9, 1 << 40, 9999).count == ConsoleTimes.width)
  }

  @Test func unfinishedLinesCountInTheEnd() async throws {
    let scratch = Scratch()
    try await fed(scratch.path + "/console.log") { console, end in
      write(end, "one\ntwo", 7)
      await until(console) { $0.visibleLength == 7 }
      #expect(console.snapshot.visibleLength == 7)
    }
  }
}
