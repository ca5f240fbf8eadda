import Foundation
import Testing

/// `vmscript report` through the binary, and its page in Chromium: Tests/report_page.py uses it as a
/// person would. The records are of real runs, but for one so large that no test could wait for it.
@Suite(.serialized) struct ReportPageTests {
  private struct Ended {
    var status: Int32?
    var output: String
    var errors: String
  }

  let folder = "/tmp/report-page-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"

  private func run(_ words: [String], in directory: String = ScriptTests.root) throws -> Ended {
    var environment = ProcessInfo.processInfo.environment
    environment["XDG_STATE_HOME"] = folder
    environment["VMSCRIPT"] = ScriptRun.binary
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    let child = try ChildProcess(words, environment: environment, directory: directory)
    let deadline = Date().addingTimeInterval(ScriptRun.patience)
    child.run { child in
      if child.status == nil, Date() > deadline { kill(child.pid, SIGKILL) }
      return 1
    }
    return Ended(
      status: child.status, output: String(decoding: child.outputBytes, as: UTF8.self),
      errors: String(decoding: child.errorBytes, as: UTF8.self))
  }

  private func usesWell(_ page: String, headline: String) throws {
    let used = try run(["python3", "Tests/report_page.py", headline, page])
    #expect(used.status == 0, "\(used.output)\(used.errors)")
  }

  private func script(_ text: String) throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = folder + "/it.lua"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test func ofRunsThatFailAndThatPass() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = try script(
      """
      -- What a guest says is hostile to pages.
      local vm = microvm { name = "a" }
      local log = process { "sh", "-c", "echo '</script><script>hacked = 1</script>'; sleep 60" }
      step("say", function()
        vm:sh [[i=0; while [ $i -lt 300 ]; do echo "<!-- line $i </script><script>hacked = 1</script>" >/dev/console
          i=$((i+1)); done; sleep 0.3]]
      end)
      spawn(function() wait(0.2) end)
      if arg[1] then vm:expect("never said", { timeout = 0.5 }) end

      """)
    let failed = try run([ScriptRun.binary, "run", path, "fail"])
    #expect(failed.status == 1, "\(failed.errors)")
    // The failure names the page, which is there.
    let page = try #require(
      failed.errors.split(separator: "\n").first { $0.contains("report: ") }?
        .split(separator: " ").last.map(String.init))
    let text = try String(contentsOfFile: page, encoding: .utf8)
    #expect(text.contains("never said"))
    try usesWell(page, headline: "failed")

    let passed = try run([ScriptRun.binary, "run", path])
    #expect(passed.status == 0 && passed.errors.isEmpty, "\(passed.errors)")
    // The source is that of the run, whatever became of the file, and wherever one stands.
    try FileManager.default.removeItem(atPath: path)
    let made = try run([ScriptRun.binary, "report"], in: "/")
    #expect(made.status == 0 && made.errors.isEmpty, "\(made.errors)")
    let second = String(made.output.dropLast())
    #expect(second != page && second.hasSuffix("/report.html"))
    #expect(try String(contentsOfFile: second, encoding: .utf8).contains("hostile to pages"))
    try usesWell(second, headline: "passed")
  }

  @Test func ofAHugeRun() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let record = folder + "/huge"
    #expect(try run(["python3", "Tests/bench/huge_record.py", record, "5", "4", "10"]).status == 0)
    let made = try run([ScriptRun.binary, "report", record])
    #expect(made.status == 0, "\(made.errors)")
    let page = record + "/report.html"
    let size = try FileManager.default.attributesOfItem(atPath: page)[.size] as? Int
    #expect(try #require(size) < 5_000_000)
    #expect(FileManager.default.fileExists(atPath: record + "/trace.json"))
    try usesWell(page, headline: "failed")
  }

  @Test func badUse() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let none = try run([ScriptRun.binary, "report"])
    #expect(none.status == 2)
    #expect(none.errors.hasPrefix("vmscript: there is no record in \(folder)/vmscript/runs yet"))
    let missing = try run([ScriptRun.binary, "report", folder + "/x"])
    #expect(missing.status == 2)
    #expect(missing.errors == "vmscript: \(folder)/x: No such file or directory\n")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try "{\"t\":0,\"kind\":\"run\",\"phase\":\"begin\",\"schema\":1}\n".write(
      toFile: folder + "/timeline.jsonl", atomically: true, encoding: .utf8)
    let full = try run([ScriptRun.binary, "report", folder, "-o", "/dev/full"])
    #expect(full.status == 1)
    #expect(full.errors.contains("No space left on device"))
    // A record on a full disk.
    let disk = try run([
      "unshare", "--mount", "sh", "-ec",
      "mount -t tmpfs -o size=64k tmpfs \"$1\"; printf '%s\\n' \"$2\" >\"$1/timeline.jsonl\";"
        + " set +e; \"$3\" report \"$1\"; echo $?; ls \"$1\"", "sh", folder,
      #"{"t":0,"kind":"run","phase":"begin","schema":1}"#, ScriptRun.binary,
    ])
    #expect(disk.errors.contains("the report cannot be written: "), "\(disk.errors)")
    #expect(disk.output == "1\ntimeline.jsonl\ntrace.json\n")
  }
}
