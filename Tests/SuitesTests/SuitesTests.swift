import Events
import Testing

@testable import Suites

@Suite struct SelectionTests {
  @Test func filtersAndTags() {
    var selection = Selection()
    selection.filters = ["net*lit", "disk"]
    #expect(selection.includes(file: "a/net_test.lua", name: "a split", tags: []))
    #expect(selection.includes(file: "disk_test.lua", name: nil, tags: []))
    #expect(!selection.includes(file: "split.lua", name: "net", tags: []))
    selection = Selection()
    selection.tags = ["net,disk", "!slow"]
    #expect(selection.includes(file: "f", name: "x", tags: ["disk"]))
    #expect(!selection.includes(file: "f", name: "x", tags: ["disk", "slow"]))
    #expect(!selection.includes(file: "f", name: "x", tags: []))
  }

  @Test func namesAreWhole() {
    var selection = Selection()
    selection.names = ["split"]
    #expect(selection.includes(file: "f", name: "split", tags: []))
    #expect(!selection.includes(file: "f", name: "split again", tags: []))
    #expect(!selection.includes(file: "split", name: nil, tags: []))
  }
}

@Suite struct SourceScanTests {
  private func tests(_ source: String) -> SourceScan.Tests {
    SourceScan.tests(in: Array(source.utf8))
  }

  @Test func knowsWhatStandsThere() {
    #expect(tests("print 'test' -- test(\n--[[ test( ]] return contest") == .none)
    let source = """
      #!/usr/bin/env vmscript
      test("a", function() end)
      test('b', { tags = { "net", 'slow' }, timeout = 5 }, function() end)
      test([[c]], { timeout = 5 }, body)
      """
    #expect(
      tests(source)
        == .known([
          .init(name: "a", tags: []), .init(name: "b", tags: ["net", "slow"]),
          .init(name: "c", tags: []),
        ]))
  }

  @Test(arguments: [
    "test('a' .. i, function() end)", "local test = require 'vmscript'.test",
    "test('a', options, f)",
    "test('a\\n', function() end)", "test(name, f)", "x.test('a', function() end)",
    "test('a', { tags = list }, f)", "test('a", "for _, t in pairs(test) do end",
  ]) func leavesTheRestToARun(_ source: String) {
    #expect(tests(source) == .dynamic)
  }
}

@Suite struct NoticeTests {
  @Test(arguments: [
    Notice.began(name: "a \"b\"\n", tags: ["x"]),
    .ended(name: "a", seconds: 1.5, status: 1, report: "two\nlines", skipped: nil),
    .ended(name: "a", seconds: 2, status: 0, report: nil, skipped: "no"),
    .waits(["x", "y"]),
    .fileEnded(status: 3, report: nil, skipped: nil, tests: 4, record: "/r"),
  ]) func isReadAsItWasWritten(_ notice: Notice) {
    #expect(Notice(line: notice.line.utf8) == notice)
  }

  @Test func takesNoNonsense() {
    for line in ["", "{", "[]", "{\"notice\":\"other\"}", "{\"notice\":\"began\"}", "\u{0}\u{1}"] {
      #expect(Notice(line: line.utf8) == nil)
    }
  }
}

@Suite struct LiveViewTests {
  private func view(_ count: Int) -> LiveView {
    var view = LiveView(total: 100)
    for id in 0..<count {
      var file = RunningFile(id: id, title: "tests/漢字\u{1b}[2J_\(id)_test.lua", since: .now)
      file.test = "a rather long name of a test"
      file.waits = ["console text 'login:' of machine 'a'", "more"]
      view.take(.began(file))
    }
    return view
  }

  @Test(arguments: [1, 5, 20, 21, 80, 200]) func hasRoomInAnyTerminal(_ columns: Int) {
    for rows in [1, 3, 24] {
      let lines = view(8).lines(columns: columns, rows: rows)
      #expect(lines.count <= max(2, rows - 1))
      for line in lines {
        #expect(Columns.width(line) < max(2, columns), "\(columns): \(line)")
        #expect(!line.contains("\u{1b}"))
      }
    }
  }

  @Test func countsRowsThatWereWrapped() {
    #expect(LiveView.rows(["", "12345", "漢字漢字"], columns: 4) == 1 + 2 + 2)
  }
}
