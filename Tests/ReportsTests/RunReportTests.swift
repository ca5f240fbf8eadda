import Glibc
import Notation
import Processes
import Testing

@testable import Reports

@Suite struct RunReportTests {
  let record: TestRecord

  init() throws { record = try TestRecord() }

  private func failure(_ path: String, to output: String? = nil) -> ReportError? {
    do throws(ReportError) {
      _ = try RunReport(record: path).write(to: output)
      return nil
    } catch {
      return error
    }
  }

  @Test func whatGuestsSayEndsNoElement() throws {
    let hostile = "</script><script>hacked = 1</script><!-- <b>\u{2028}\u{0}\u{1b}]0;x\u{7} \"\\ é"
    try record.timeline([
      #"{"t":1,"kind":"machine","phase":"launched","boot":1,"machine":"a"}"#,
      JSON.object([
        .init("t", 2), .init("kind", "note"), .init("text", .string(hostile)),
      ]).encoded,
    ])
    try record.write("a/console.log", Array(hostile.utf8) + [0xff, 0xfe, 0x0a])
    let text = String(decoding: try record.page(), as: UTF8.self)
    #expect(text.ranges(of: "</script").count == 2, "the data's and the program's")
    #expect(!text.contains("<!--") && !text.contains("<b>"))
    #expect(!text.contains("\u{0}") && !text.contains("\u{1b}"))
    // And yet all is there.
    #expect(try record.data().mark(String(hostile)) != nil)
    let console = try #require(try record.data()["machines"]?.elements?.first?["console"])
    #expect(
      console["text"] == "</script><script>hacked = 1</script><!-- <b> \"\\ é\u{fffd}\u{fffd}")
  }

  @Test func policyAllowsTheScriptOfThePageAlone() throws {
    try record.timeline([])
    let text = String(decoding: try record.page(), as: UTF8.self)
    #expect(text.contains("content=\"default-src 'none'; script-src 'sha256-"))
    #expect(!text.contains("unsafe-inline") && !text.contains("http://") && !text.contains("src="))
  }

  @Test func pageReplacesTheOneBefore() throws {
    try record.timeline([])
    #expect(try record.page() == record.page())
    #expect(Folder.names(in: record.path) == ["report.html", "timeline.jsonl"])
  }

  @Test func noRecord() throws {
    #expect(failure(record.path + "/none")?.message.hasSuffix("No such file or directory") == true)
    #expect(
      failure(record.path)?.message
        == "\(record.path) is no record of a run: there is no timeline.jsonl in it")
    #expect(failure(record.path)?.kind == .noRecord)
    try record.write("timeline.jsonl", "no JSON at all\n".utf8)
    #expect(failure(record.path)?.message.contains("does not begin as the record") == true)
    #expect(failure("/dev/null")?.kind == .noRecord)
  }

  @Test func timelineThatIsNoFile() throws {
    try Folder.make(record.path + "/timeline.jsonl")
    #expect(failure(record.path)?.message.hasSuffix("timeline.jsonl: it is no file") == true)
    try Folder.remove(record.path + "/timeline.jsonl")
    #expect(mkfifo(record.path + "/timeline.jsonl", 0o600) == 0)
    #expect(failure(record.path)?.message.hasSuffix("timeline.jsonl: it is no file") == true)
  }

  @Test func newerSchema() throws {
    try record.timeline(
      [], begin: #"{"t":0,"kind":"run","phase":"begin","schema":2,"version":"9.0"}"#)
    let error = try #require(failure(record.path))
    #expect(error.kind == .noRecord)
    #expect(
      error.message.contains("written by a newer vmscript, 9.0 (schema 2, and this one knows 1)"))
  }

  @Test func pageThatCannotBeWritten() throws {
    try record.timeline([])
    let full = try #require(failure(record.path, to: "/dev/full"))
    #expect(full.kind == .failed)
    #expect(full.message.contains("No space left on device"))
    #expect(full.message.hasSuffix("-o can name another place"))
    let nowhere = try #require(failure(record.path, to: record.path + "/none/x.html"))
    #expect(nowhere.message.contains("No such file or directory"))
    #expect(failure(record.path, to: record.path)?.kind == .failed)
    #expect(Folder.names(in: record.path) == ["timeline.jsonl"], "nothing half is left")
  }

  @Test func recordOfARunThatWasKilled() throws {
    try record.write(
      "timeline.jsonl",
      (TestRecord.begin
        + "\nno JSON\n[1]\n\n{\"t\":1,\"kind\":\"note\",\"text\":\"x\"}\n{\"t\":2,\"ki")
        .utf8)
    let data = try record.data()
    #expect(data["finished"] == false)
    #expect(data["cut"] == true)
    #expect(data["unknown"] == 2)
    #expect(data.mark("x") != nil)
    #expect(data["duration"] == .number(1))
  }
}
