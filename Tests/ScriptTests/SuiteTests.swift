import Foundation
import Glibc
import Testing

/// `vmscript test`: what it runs, tells and returns, and that it leaves nothing.
@Suite(.serialized) struct SuiteTests {
  private static let folder = ScriptTests.root + "/Tests/Fixtures/suites"

  /// A suite that has ended.
  private struct Outcome {
    var status: Int32?
    var output: String
    var errors: String
    var left: [String]
    var all: String { "status \(status ?? -1)\n\(output)\n\(errors)" }
  }

  /// Runs it in the folder of suites; `@` in words and variables is a directory of its own, and
  /// `after` is called with that before it is removed.
  private func suite(
    _ words: [String], _ variables: [String: String?] = [:],
    look: (ChildProcess) -> Void = { _ in }, after: (String) throws -> Void = { _ in }
  ) throws -> Outcome {
    let traces = try Traces()
    var environment = traces.environment
    environment["CI"] = nil
    for (name, value) in variables {
      environment[name] = value?.replacingOccurrences(of: "@", with: traces.scratch)
    }
    let words = words.map { $0.replacingOccurrences(of: "@", with: traces.scratch) }
    let child = try ChildProcess(
      [ScriptRun.binary, "test"] + words, environment: environment, directory: Self.folder)
    let deadline = Date().addingTimeInterval(200)
    child.run { child in
      look(child)
      if Date() > deadline { kill(child.pid, SIGKILL) }
      return Date() > deadline.addingTimeInterval(5) ? nil : 0.05
    }
    try after(traces.scratch)
    return Outcome(
      status: child.status, output: String(decoding: child.outputBytes, as: UTF8.self),
      errors: String(decoding: child.errorBytes, as: UTF8.self), left: traces.left())
  }

  private func expect(_ outcome: Outcome, _ status: Int32, _ texts: [String]) {
    #expect(outcome.status == status, "\(outcome.all)")
    for text in texts { #expect(outcome.all.contains(text), "\(text) in \(outcome.all)") }
    #expect(outcome.left == [], "left by \(outcome.all)")
  }

  @Test func tellsEachOutcomeOnce() throws {
    let outcome = try suite(["--seed", "5", "plain"])
    expect(
      outcome, 1,
      [
        "ok      plain/below/third_test.lua: third", "ok      plain/test_second.lua (",
        "FAILED  plain/first_test.lua: breaks", "first_test.lua:8: it is broken",
        "8 │ error(\"it is broken\")", "ok      plain/first_test.lua: goes on",
        "skipped plain/first_test.lua: does without: no unicorn here",
        "again: vmscript test --seed 5 --case breaks plain/first_test.lua",
        "    │ the first file speaks", "    │ red and  a bell",
        "4 passed, 1 failed, 1 skipped in 3 files",
      ])
    #expect(outcome.output.components(separatedBy: "it is broken").count == 3)
    #expect(!outcome.output.contains("\u{1b}") && !outcome.output.contains("\u{7}"))
    #expect(!outcome.output.contains("│ second") && outcome.errors.isEmpty)
  }

  @Test func showsTheOutputOfWhatPassedIfAsked() throws {
    expect(try suite(["--verbose", "plain/test_second.lua"]), 0, ["    │ second"])
  }

  @Test func aFileThatDoesNotParseIsAFailureAmongOthers() throws {
    expect(
      try suite(["bad"]), 2, ["ok      bad/fine_test.lua: fine", "broken_test.lua:1: syntax error"])
    // With another sort of failure it is one like others.
    expect(try suite(["bad", "plain"]), 1, ["5 passed, 2 failed"])
  }

  @Test func whatCannotBeRunIsSaid() throws {
    expect(try suite(["empty"]), 2, ["no tests in empty", "*_test.lua"])
    expect(try suite(["nowhere"]), 2, ["nowhere: No such file"])
    expect(try suite(["plain", "--case", "absent"]), 2, ["none of the tests in 3 files"])
    expect(try suite(["plain", "--shard", "9/9"]), 2, ["fewer files than shards"])
    expect(try suite(["plain", "--shard", "0/2"]), 2, ["--shard wants"])
    expect(try suite(["plain", "--tags", "!"]), 2, ["--tags wants"])
    expect(try suite(["plain", "--jobs", "0"]), 2, ["--jobs wants"])
    expect(try suite(["plain", "--junit", "/nowhere/x"]), 2, ["cannot write /nowhere/x"])
    expect(
      try suite(["plain/test_second.lua", "--junit", "/dev/full"]), 1,
      ["No space left", "1 passed"])
  }

  @Test func filtersByNameTagAndShard() throws {
    expect(try suite(["--filter", "first*on", "plain"]), 0, ["1 passed in 1 file"])
    expect(try suite(["--filter", "second", "plain"]), 0, ["1 passed in 1 file"])
    expect(try suite(["--tags", "net", "plain"]), 1, ["1 passed, 1 failed in 1 file"])
    expect(try suite(["--tags", "net", "--tags", "!slow", "plain"]), 0, ["1 passed in 1 file"])
    let parts = try (1...2).map { try suite(["--shard", "\($0)/2", "plain"]) }
    expect(parts[0], 0, ["2 passed in 2 files"])
    expect(parts[1], 1, ["2 passed, 1 failed, 1 skipped in 1 file"])
  }

  @Test func aFlakeIsToldAsAFlake() throws {
    let path = Self.folder + "/../junit.xsd"
    let words = ["--retry", "2", "--junit", "@/j.xml", "--tap", "@/t.tap", "odd/flaky_test.lua"]
    let outcome = try suite(words, ["FLAKE": "@/flake"]) { _ in
    } after: { scratch in
      let xml = try String(contentsOfFile: scratch + "/j.xml", encoding: .utf8)
      #expect(xml.contains("<flakyFailure") && xml.contains("failures=\"0\""), "\(xml)")
      #expect(try lint(scratch + "/j.xml", path) == 0, "\(xml)")
      let tap = try String(contentsOfFile: scratch + "/t.tap", encoding: .utf8)
      #expect(tap.contains("ok 2 - moody (flaky)") && tap.contains("flaky: true"), "\(tap)")
    }
    expect(outcome, 0, ["flaky   odd/flaky_test.lua: moody", "not this time", "1 passed, 1 flaky"])
    expect(
      try suite(["--retry", "1", "--fail-flakes", "odd/flaky_test.lua"], ["FLAKE": "@/flake"]), 1,
      ["1 passed, 1 flaky"])
  }

  private func lint(_ file: String, _ schema: String) throws -> Int32? {
    let child = try ChildProcess(
      ["xmllint", "--noout", "--schema", schema, file],
      environment: ProcessInfo.processInfo.environment, directory: "/")
    child.run { _ in 1 }
    return child.status
  }

  @Test func writesJUnitByTheSchema() throws {
    _ = try suite(["--format", "junit", "--junit", "@/j.xml", "plain", "odd/exits_test.lua"]) { _ in
    } after: { scratch in
      #expect(try lint(scratch + "/j.xml", Self.folder + "/../junit.xsd") == 0)
      let xml = try String(contentsOfFile: scratch + "/j.xml", encoding: .utf8)
      #expect(xml.contains("<skipped message=\"no unicorn here\"/>"))
      #expect(xml.contains("classname=\"plain.below.third_test\"") && !xml.contains("\u{1b}"))
    }
  }

  @Test func writesTAP() throws {
    let outcome = try suite(["--format", "tap", "plain"])
    expect(
      outcome, 1,
      [
        "# Subtest: plain/first_test.lua", "    ok 1 - adds", "    not ok 2 - breaks", "    1..4",
        "    ok 4 - does without # SKIP no unicorn here", "1..3",
      ])
    #expect(outcome.output.hasPrefix("TAP version 14\n"))
  }

  @Test func endsBadlyInManyWays() throws {
    let files = ["crash", "exits", "status", "late", "missing"].map { "odd/\($0)_test.lua" }
    expect(
      try suite(files), 1,
      [
        "ended by signal 9", "the test ended the script, with status 0",
        "the script ended with status 7", "timed out after 0.2 s of test 'has no time'",
        "ok      odd/late_test.lua: has time again", "there is no program",
      ])
    expect(try suite(["odd/missing_test.lua"]), 3, ["1 failed"])
    expect(
      try suite(["--timeout", "2", "odd/busy_test.lua", "odd/slow_test.lua"]), 124,
      ["busy_test.lua: is busy", "--timeout of 2 s", "2 failed"])
  }

  @Test func repeatsWithOtherSeedsUntilAFailure() throws {
    expect(
      try suite(
        ["--until-failure", "--jobs", "1", "--seed", "3", "odd/endless_test.lua"],
        ["FLAKE": "@/count"]), 1,
      ["(run 4): draws", "--seed 6 --case draws", "3 passed, 1 failed in 4 files"])
    expect(try suite(["--repeat", "3", "plain/test_second.lua"]), 0, ["3 passed in 3 files"])
  }

  @Test func aTestAloneHasTheSeedItHadAmongOthers() throws {
    func addresses(_ words: [String]) throws -> [Substring] {
      try suite(["--seed", "9", "--verbose", "odd/seeded_test.lua"] + words).output
        .split(separator: "\n").filter { $0.contains("│ two") }
    }
    let (both, alone) = (try addresses([]), try addresses(["--case", "two"]))
    #expect(both.count == 1 && both == alone)
  }

  @Test func theFirstFailureEndsAll() throws {
    expect(
      try suite(["--fail-fast", "--jobs", "2", "odd/slow_test.lua", "plain/first_test.lua"]), 1,
      ["plain/first_test.lua has failed", "cut off: odd/slow_test.lua: sleeps"])
  }

  @Test func anInterruptTellsWhatWasDone() throws {
    var isTold = false
    let outcome = try suite(["--jobs", "1", "bad/fine_test.lua", "odd/slow_test.lua", "plain"]) {
      child in
      // Its first line is of the file before.
      if !isTold, child.outputBytes.count > 0 {
        isTold = true
        kill(child.pid, SIGINT)
      }
    }
    expect(
      outcome, 130,
      ["ok      bad/fine_test.lua: fine", "interrupted by SIGINT", "not started: 3 files"])
  }

  @Test func aKillLeavesNothing() throws {
    var isTold = false
    let started = Date()
    let outcome = try suite(["machines"]) { child in
      if !isTold, Date().timeIntervalSince(started) > 2 {
        isTold = true
        kill(child.pid, SIGKILL)
      }
    }
    #expect(outcome.status == -SIGKILL && outcome.left == [], "\(outcome.left)")
  }

  @Test func aClosedPipeEndsIt() throws {
    let traces = try Traces()
    let child = try ChildProcess(
      [
        "/bin/bash", "-c", "\"$@\" | head -n 1; exit ${PIPESTATUS[0]}", "bash", ScriptRun.binary,
        "test", "--jobs", "1", "bad/fine_test.lua", "odd/slow_test.lua",
      ],
      environment: traces.environment, directory: Self.folder)
    let deadline = Date().addingTimeInterval(60)
    child.run { _ in Date() > deadline ? nil : 1 }
    #expect(child.status == 141, "status \(child.status ?? -1)")
    #expect(traces.left() == [])
  }

  @Test func withoutAHomeTestsRunAll() throws {
    let nothing: [String: String?] = ["HOME": "/nonexistent", "XDG_STATE_HOME": "/proc/none"]
    expect(try suite(["plain/test_second.lua"], nothing), 0, ["1 passed"])
  }

  @Test func twoSuitesAtOnce() throws {
    var second: Outcome?
    var isFirst = true
    let outcome = try suite(["plain/below", "plain/test_second.lua"]) { _ in
      guard isFirst else { return }
      isFirst = false
      second = try? suite(["plain/below", "plain/test_second.lua"])
    }
    expect(outcome, 0, ["2 passed"])
    if let second { expect(second, 0, ["2 passed"]) } else { Issue.record("no second suite") }
  }

  @Test func whatATestMakesEndsWithIt() throws {
    let outcome = try suite(["machines"])
    expect(
      outcome, 1,
      [
        "ok      machines/shared_test.lua: makes a machine",
        "ok      machines/shared_test.lua: finds it ended",
        "FAILED  machines/shared_test.lua: loses a machine", "after by the first",
        "ok      machines/shared_test.lua: still has the shared one", "logs: ",
      ])
  }

  @Test func runTellsOfTests() throws {
    let traces = try Traces()
    let child = try ChildProcess(
      [ScriptRun.binary, "run", "plain/first_test.lua"], environment: traces.environment,
      directory: Self.folder)
    child.run { _ in 1 }
    let errors = String(decoding: child.errorBytes, as: UTF8.self)
    #expect(child.status == 1)
    for text in ["in test 'breaks'", "skipped: no unicorn", "1 of 4 tests failed: 'breaks'"] {
      #expect(errors.contains(text), "\(errors)")
    }
    #expect(traces.left() == [])
  }
}
