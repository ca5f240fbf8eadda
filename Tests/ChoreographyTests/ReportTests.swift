import Testing

@testable import Choreography
@testable import Scripting

@Suite struct ReportTests {
  @Test func aGuestCannotDriveTheTerminal() {
    var error = ScriptError(.timeout, "late \u{1b}[2J\u{9b}31m")
    error.notes = ["  \u{07}bell"]
    let text = Report(Failure(text: error.text, error: error), reason: nil).text
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x9b })
    #expect(text.contains("late \u{fffd}[2J"))
  }

  @Test func aStarvedHostIsMentioned() {
    var report = Report(Failure(text: "x", error: nil), reason: nil)
    #expect(!report.text.contains("starved"))
    report.lag = 2.34
    #expect(report.text.contains("event loop ran up to 2.3 s late"))
  }

  /// Words that fit stand in rows that fit; what is to be copied is never broken.
  @Test(arguments: [20, 80]) func isReadable(columns: Int) {
    var error = ScriptError(.timeout, String(repeating: "timed out and more ", count: 12))
    error.place = Place(source: "s.lua", line: 3)
    error.notes = [
      "machine 'a' started at s.lua:1; last lines of its console:", "    1.88 │ a b c",
    ]
    var report = Report(Failure(text: error.text, error: error), reason: nil)
    report.again = "vmscript run --seed 3173056813 'a name.lua'"
    report.callers = [.init(place: Place(source: "s.lua", line: 9), what: "main chunk")]
    let rows = report.text(ReportLayout(width: columns)).split(separator: "\n")
    #expect(rows.allSatisfy { $0.count <= columns || $0.hasSuffix("'a name.lua'") })
    #expect(rows.contains { $0.hasSuffix(report.again!) })
    #expect(rows[0].hasPrefix("vmscript: s.lua:3:"))
    let words = rows.joined(separator: " ").split(separator: " ")
    #expect(words == report.text.split { $0 == " " || $0 == "\n" })
  }

  @Test func hasColourOnlyWhereItIsWanted() {
    let report = Report(Failure(text: "x", error: nil), reason: nil)
    #expect(!report.text(ReportLayout(width: 80)).contains("\u{1b}"))
    #expect(report.text(ReportLayout(isColoured: true)).contains("\u{1b}[31mvmscript: "))
  }

  @Test func aMessageIsBounded() {
    let failure = Failure(text: String(repeating: "x", count: 1 << 20), error: nil)
    #expect(Report(failure, reason: nil).text.utf8.count < 1 << 13)
  }

  @Test func theCommandThatRunsItAgainHasTheOptions() {
    var options = RunOptions(script: "-odd name.lua") { _ in }
    #expect(options.again(seed: 1) == "vmscript run --seed 1 -- '-odd name.lua'")
    options.script = nil
    #expect(options.again(seed: 2) == "vmscript run --seed 2 -  # with the same standard input")
    options.script = "s.lua"
    options.arguments = ["--nodes", "it's", ""]
    options.timeout = 1.5
    options.accelerator = .tcg
    options.memory = 3 << 30
    options.jobs = 2
    #expect(
      options.again(seed: 3) == """
        vmscript run --seed 3 --timeout 1.5 --accel tcg --jobs 2 --memory 3072M s.lua --nodes \
        'it'\\''s' ''
        """)
  }
}

@Suite struct AttachFrameTests {
  @Test func framesComeInPieces() {
    let bytes =
      AttachFrame.encoded(.attach, "db1") + AttachFrame.encoded(.list)
      + AttachFrame.encoded(.keys, [UInt8](repeating: 7, count: 70_000))
    for size in [1, 2, 1000, 1 << 20] {
      var parser = AttachFrameParser()
      var frames: [AttachFrame] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        frames += parser.take(Array(bytes[start..<min(start + size, bytes.count)])) ?? []
      }
      #expect(frames.map(\.kind) == [.attach, .list, .keys, .keys])
      #expect(frames[0].text == "db1" && frames[2].bytes.count + frames[3].bytes.count == 70_000)
    }
    var parser = AttachFrameParser()
    #expect(parser.take([0, 0, 0]) == nil)
  }

  @Test func theOtherScreenIsLeftWhenAGuestIsInIt() {
    var repair = TerminalRepair()
    #expect(!String(decoding: repair.bytes, as: UTF8.self).contains("1049"))
    for byte in "x\u{1b}[2J\u{1b}[?1049h".utf8 { repair.note([byte]) }
    #expect(String(decoding: repair.bytes, as: UTF8.self).contains("\u{1b}[?1049l"))
    repair.note(Array("\u{1b}[?1049l bye".utf8))
    #expect(!String(decoding: repair.bytes, as: UTF8.self).contains("1049"))
  }
}
