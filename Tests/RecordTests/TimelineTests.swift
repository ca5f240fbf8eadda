import Events
import Glibc
import Notation
import Processes
import Testing

@testable import Record

@Suite final class TimelineTests {
  let base = "/tmp/timeline-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"

  init() throws { try Folder.make(base) }
  deinit { try? Folder.remove(base) }

  private func write(_ timeline: Timeline) { Supervisor.sync { timeline.write() } }

  private func begin(_ timeline: Timeline) {
    timeline.begin(base + "/timeline.jsonl", [JSON.Member("phase", "begin")])
  }

  @Test func whatCameBeforeTheDirectoryStandsBehindTheFirstLine() throws {
    let timeline = Timeline(origin: .now)
    timeline.tell(.note, ["text": "early", "absent": nil])
    #expect(Folder.names(in: base).isEmpty)
    begin(timeline)
    timeline.tell(.note, ["text": "late \u{1b}[31m \"quoted\""])
    write(timeline)
    let entries = try RecordedRun(directory: base).entries
    #expect(entries.map(\.kind) == ["run", "note", "note"])
    #expect(entries[0].time == 0 && entries[0].phase == "begin")
    #expect(entries[1].members["absent"] == nil)
    #expect(entries[2]["text"] == "late \u{1b}[31m \"quoted\"")
    #expect(entries.map(\.time) == entries.map(\.time).sorted())
  }

  @Test func anOlderTimeIsSortedByTheReader() throws {
    let timeline = Timeline(origin: Instant.now.advanced(by: -10))
    begin(timeline)
    timeline.tell(.note, ["text": "now"])
    timeline.tell(.note, at: timeline.origin.advanced(by: 2.5), ["text": "then"])
    write(timeline)
    let entries = try RecordedRun(directory: base).entries
    #expect(entries.map { $0["text"] } == [nil, "then", "now"])
    #expect(entries[1].time == 2.5)
  }

  /// A script that waits a million times fills no disk, and it is said how much is missing.
  @Test func aFloodIsCounted() throws {
    let timeline = Timeline(origin: .now)
    begin(timeline)
    var told = 0
    for number in 0..<20_000 where timeline.admits(.wait) {
      timeline.tell(.wait, ["id": .integer(Int64(number))])
      told += 1
    }
    #expect((4000..<10_000).contains(told), "\(told)")
    #expect(timeline.admits(.step), "another kind has its own allowance")
    write(timeline)
    let entries = try RecordedRun(directory: base).entries
    let lost = entries.filter { $0.kind == "lost" }.compactMap { $0["lines"]?.integer }
    #expect(entries.filter { $0.kind == "wait" }.count == told)
    #expect(lost.reduce(0, +) == Int64(20_000 - told))
  }

  @Test func memoryIsBoundedWithoutADirectory() throws {
    let timeline = Timeline(origin: .now)
    let text = JSON.string(String(repeating: "x", count: 1000))
    for _ in 0..<5000 { timeline.tell(.note, ["text": text]) }
    #expect(!timeline.admits(.note))
    begin(timeline)
    write(timeline)
    let entries = try RecordedRun(directory: base).entries
    let notes = entries.filter { $0.kind == "note" }.count
    #expect(notes * 1000 < Timeline.limit && notes > 900)
    // Counted once there is room for the line that says so.
    timeline.tell(.note, ["text": "more"])
    write(timeline)
    let all = try RecordedRun(directory: base).entries
    #expect(all.contains { $0.kind == "lost" && $0["lines"]?.integer == Int64(5001 - notes) })
  }

  @Test func aLineThatIsCutOffIsPassedOver() throws {
    let file = try Descriptor.open(base + "/timeline.jsonl", O_WRONLY | O_CREAT, mode: 0o600)
    try file.writeAll(
      "{\"t\":1,\"kind\":\"new kind\",\"more\":[1]}\n\nnoise\n{\"t\":2,\"kind\":\"no".utf8)
    let run = try RecordedRun(directory: base)
    #expect(run.entries.map(\.kind) == ["new kind"])
    #expect(run.end == 1)
    let error = #expect(throws: RecordError.self) {
      try RecordedRun(directory: self.base + "/nowhere")
    }
    #expect(error?.message.contains("is no record of a run") == true)
  }

  @Test func theTraceOfARunThatWasCutOff() throws {
    let root = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let source = try Descriptor.open("/\(root)/Fixtures/Record/timeline.jsonl", O_RDONLY)
    let bytes = try #require(try source.read(upTo: 1 << 20))
    // All that was going on ends with the last line.
    let file = try Descriptor.open(base + "/timeline.jsonl", O_WRONLY | O_CREAT, mode: 0o600)
    let lines = bytes.split(separator: 0x0a)
    for line in lines.prefix(lines.count / 2) { try file.writeAll(line + [0x0a]) }
    let path = try Trace.write(base)
    let trace = try JSON.parse(
      try #require(try Descriptor.open(path, O_RDONLY).read(upTo: 1 << 20)))
    let events = try #require(trace["traceEvents"]?.elements)
    let slices = events.filter { $0["ph"] == "X" }
    #expect(slices.contains { $0["cat"] == "boot" && $0["name"] == "ready" })
    #expect(slices.contains { $0["cat"] == "wait" })
    let end = try RecordedRun(directory: base).end
    for slice in slices {
      let stop = (slice["ts"]?.double ?? 0) + (slice["dur"]?.double ?? -1)
      #expect(stop <= (end * 1e6).rounded() + 1, "\(slice)")
    }
  }
}
