import Foundation
import Glibc
import Testing

/// The record of real runs, read as others would.
@Suite(.serialized) struct RecordTests {
  private typealias Line = [String: Any]

  /// A run, its record's directory, and what the timeline says.
  private struct Recorded {
    var status: Int32?
    var errors: String
    var directory: String
    var text: String

    var lines: [Line] {
      get throws {
        try text.split(separator: "\n").map { line in
          try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? Line, "\(line)")
        }
      }
    }

    func json(_ name: String) throws -> Line {
      let data = try #require(FileManager.default.contents(atPath: directory + "/" + name))
      return try #require(try JSONSerialization.jsonObject(with: data) as? Line)
    }
  }

  /// Runs the script, and ends it by the signal when it says that it is ready. The record is read
  /// before all is removed.
  private func record(
    _ words: [String], options: [String] = [], signal: Int32? = nil,
    _ check: (Recorded) throws -> Void
  ) throws {
    let traces = try Traces()
    let script = "Tests/Fixtures/recorded.lua"
    let child = try ChildProcess(
      [ScriptRun.binary, "run", "--seed", "7"] + options + [script] + words,
      environment: traces.environment, directory: ScriptTests.root)
    var isSent = false
    child.run { child in
      if let signal, !isSent, String(decoding: child.outputBytes, as: UTF8.self).contains("ready") {
        isSent = true
        // The last that was told is in the file 50 ms later, on a host that is not loaded.
        if signal == SIGKILL { usleep(500_000) }
        kill(child.pid, signal)
      }
      return 1
    }
    defer { #expect(traces.left() == []) }
    let parent = traces.scratch + "/state/vmscript/runs"
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: parent).first)
    let text = FileManager.default.contents(atPath: "\(parent)/\(name)/timeline.jsonl") ?? Data()
    try check(
      Recorded(
        status: child.status, errors: String(decoding: child.errorBytes, as: UTF8.self),
        directory: parent + "/" + name, text: String(decoding: text, as: UTF8.self)))
  }

  @Test func aFailedRun() throws {
    try record(["one", "two"]) { run in
      #expect(run.status == 1, "\(run.errors)")
      let lines = try run.lines
      try checkLines(lines)
      let ends = try #require(lines.last)
      #expect(ends["kind"] as? String == "run" && ends["phase"] as? String == "end")
      let error = try #require(ends["error"] as? Line)
      #expect(error["kind"] as? String == "command")
      #expect(error["machine"] as? String == "b")
      #expect((error["place"] as? String)?.contains("recorded.lua:") == true)
      #expect(error["source"] as? String == "b:sh \"exit 7\"")
      #expect(error["steps"] as? [String] == ["the end"])
      try checkSummary(try run.json("run.json"), lines)
      try checkTrace(try run.json("trace.json"))
    }
  }

  private func checkLines(_ lines: [Line]) throws {
    var counts: [String: Int] = [:]
    for line in lines {
      let kind = try #require(line["kind"] as? String)
      #expect((line["t"] as? Double ?? -1) >= 0)
      let phase = line["phase"] as? String ?? line["fault"] as? String ?? ""
      let owner = line["machine"] as? String ?? line["process"] as? String ?? ""
      counts["\(kind) \(phase) \(owner)".trimmingCharacters(in: .whitespaces), default: 0] += 1
    }
    let first = try #require(lines.first)
    #expect(first["schema"] as? Int == 1 && first["seed"] as? Int == 7)
    #expect(first["arguments"] as? [String] == ["one", "two"])
    for (what, least) in [
      ("run begin", 1), ("run end", 1), ("process launch a", 1), ("process exit a", 1),
      ("process launch b", 1), ("process launch", 1), ("process exit", 1),
      ("machine launched a", 2), ("machine kernel a", 2), ("machine init a", 2),
      ("machine ready a", 2), ("machine ready b", 1), ("machine down a", 1),
      ("machine exited a", 1), ("machine frozen b", 1), ("machine thawed b", 1),
      ("console  a", 2), ("console  helper", 1), ("qmp  a", 4), ("step begin", 2),
      ("step end", 2), ("task begin", 3), ("task end", 3), ("wait begin a", 3),
      ("command begin a", 4), ("command begin b", 1), ("network partition", 1),
      ("network set", 1),
    ] {
      #expect(counts[what] ?? 0 >= least, "\(what): \(counts)")
    }
    #expect(counts["run begin"] == 1 && counts["machine launched a"] == 2)
    let texts = lines.filter { $0["kind"] as? String == "console" }.compactMap {
      $0["text"] as? String
    }
    #expect(texts.contains("plain red"), "\(texts)")
    try checkPairs(lines)
  }

  /// Each end has its beginning; what has none was going on at the run's end.
  private func checkPairs(_ lines: [Line]) throws {
    for kind in ["wait", "command"] {
      var open: Set<Int> = []
      for line in lines where line["kind"] as? String == kind {
        let id = try #require(line["id"] as? Int)
        if line["phase"] as? String == "begin" {
          #expect(open.insert(id).inserted)
        } else {
          #expect(open.remove(id) != nil)
          #expect(line["seconds"] as? Double ?? -1 >= 0)
        }
      }
      #expect(open.isEmpty, "\(kind) \(open)")
    }
    let commands = lines.filter {
      $0["kind"] as? String == "command" && $0["phase"] as? String == "end"
    }
    #expect(commands.contains { $0["code"] as? Int == 3 })
    #expect(commands.contains { $0["code"] as? Int == 7 && $0["machine"] as? String == "b" })
    let waits = lines.filter { $0["kind"] as? String == "wait" }
    #expect(waits.contains { $0["outcome"] as? String == "failed" && $0["error"] != nil })
    #expect(
      waits.contains { ($0["purpose"] as? String)?.contains("console text 'never'") == true })
  }

  private func checkSummary(_ summary: Line, _ lines: [Line]) throws {
    #expect(summary["status"] as? Int == 1 && summary["seed"] as? Int == 7)
    #expect(summary["seconds"] as? Double ?? 0 > 0)
    let machines = try #require(summary["machines"] as? [Line])
    #expect(machines.map { $0["name"] as? String } == ["a", "b"])
    let launched = lines.first {
      $0["kind"] as? String == "process" && $0["machine"] as? String == "a"
    }
    let command = try #require(machines[0]["command"] as? [String])
    #expect(command == launched?["command"] as? [String])
    #expect(command.first == "qemu-system-x86_64" && command.contains("vmscript.name=a") == false)
    let boots = try #require(machines[0]["boots"] as? [[String: Any]])
    #expect(boots.count == 2)
    for boot in boots {
      let times = try ["launched", "kernel", "init", "ready"].map {
        try #require(boot[$0] as? Double)
      }
      #expect(times == times.sorted(), "\(boot)")
    }
    #expect(boots[1]["reason"] as? String == "killed" && boots[0]["reason"] == nil)
  }

  /// As the Trace Event Format wants it: whole numbers of microseconds, known kinds of event, and
  /// slices of one thread inside of each other or apart.
  private func checkTrace(_ trace: Line) throws {
    let events = try #require(trace["traceEvents"] as? [Line])
    var slices: [String: [(start: Int, end: Int)]] = [:]
    var names: [Int: String] = [:]
    for event in events {
      let phase = try #require(event["ph"] as? String)
      #expect(["X", "i", "M"].contains(phase))
      #expect(event["name"] is String)
      let time = try #require(event["ts"] as? Int)
      let process = try #require(event["pid"] as? Int)
      let thread = try #require(event["tid"] as? Int)
      #expect(time >= 0)
      if phase == "M", event["name"] as? String == "process_name" {
        names[process] = (event["args"] as? Line)?["name"] as? String
      }
      if phase == "i" { #expect(["t", "p", "g"].contains(event["s"] as? String)) }
      guard phase == "X" else { continue }
      let length = try #require(event["dur"] as? Int)
      #expect(length >= 0)
      slices["\(process) \(thread)", default: []].append((time, time + length))
    }
    #expect(
      Set(names.values) == ["script", "machine a", "machine b", "process helper"], "\(names)")
    for (thread, all) in slices {
      for (index, one) in all.enumerated() {
        for other in all[(index + 1)...] {
          let isApart = one.end <= other.start || other.end <= one.start
          let isInside =
            (one.start <= other.start && other.end <= one.end)
            || (other.start <= one.start && one.end <= other.end)
          #expect(isApart || isInside, "\(thread): \(one) and \(other)")
        }
      }
    }
    let kinds = Set(events.compactMap { $0["cat"] as? String })
    #expect(kinds.isSuperset(of: ["boot", "wait", "command", "step", "console", "network"]))
  }

  @Test func aRunThatIsKilled() throws {
    try record(["wait"], signal: SIGKILL) { run in
      #expect(run.status == -SIGKILL)
      let lines = try run.lines
      let waits = lines.filter { $0["kind"] as? String == "wait" }
      #expect(waits.last?["phase"] as? String == "begin", "\(waits.last ?? [:])")
      #expect(waits.last?["purpose"] as? String == "600 s to pass")
      #expect(lines.last?["kind"] as? String != "run")
      #expect(!FileManager.default.fileExists(atPath: run.directory + "/run.json"))
    }
  }

  /// The script's thread is not asked: it is in a loop.
  @Test func aRunThatIsOutOfTime() throws {
    try record(["loop"], options: ["--timeout", "240"], signal: SIGTERM) { run in
      #expect(run.status == 143, "\(run.errors)")
      let last = try #require(try run.lines.last)
      #expect(last["phase"] as? String == "end" && last["status"] as? Int == 143)
      let summary = try run.json("run.json")
      let error = try #require(summary["error"] as? Line)
      #expect((error["message"] as? String)?.contains("interrupted by SIGTERM") == true)
      #expect((summary["machines"] as? [Line])?.count == 2)
    }
  }
}
