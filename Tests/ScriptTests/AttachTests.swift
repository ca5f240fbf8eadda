import Foundation
import Glibc
import Testing

/// Consoles in a terminal: from a script, and into a run that was kept.
@Suite(.serialized) struct AttachTests {
  private static let patience = 120.0

  private static func start(
    _ words: [String], on terminal: Pseudoterminal, _ traces: Traces
  ) throws -> ChildProcess {
    var environment = traces.environment
    environment["CI"] = ""
    return try ChildProcess(
      ["/bin/sh", "-c", "exec \"$@\" 2>'\(terminal.path)'", "sh", ScriptRun.binary] + words,
      environment: environment, directory: ScriptTests.root, input: terminal.path)
  }

  /// A step of a dialogue: when this is on the terminal, do that.
  private struct Step {
    var text: String
    var then: () -> Void
    init(_ text: String, then: @escaping () -> Void) { (self.text, self.then) = (text, then) }
  }

  /// Goes through the steps, each after what the one before it saw. Says what is left undone.
  private static func talk(
    _ child: ChildProcess, _ terminal: Pseudoterminal, _ steps: [Step]
  ) -> String? {
    let deadline = Date().addingTimeInterval(patience)
    var rest = steps[...]
    var seen = terminal.shown.endIndex
    child.run { child in
      terminal.look()
      if let step = rest.first, let found = terminal.shown[seen...].firstRange(of: step.text) {
        seen = found.upperBound
        rest = rest.dropFirst()
        step.then()
      }
      if Date() > deadline { Glibc.kill(child.pid, SIGKILL) }
      return 0.05
    }
    terminal.look()
    return rest.first?.text
  }

  @Test func aScriptEntersAndGoesOn() throws {
    let (traces, terminal) = (try Traces(), try Pseudoterminal(rows: 33, columns: 77))
    let before = terminal.mode
    let child = try Self.start(["run", "Tests/Scripts/modules/attach.lua"], on: terminal, traces)
    var wasRaw = false
    let undone = Self.talk(
      child, terminal,
      [
        Step("Ctrl-] leaves it") { terminal.type("echo typed $((6 * 7)); stty size\r") },
        Step("33 77") {
          wasRaw = terminal.mode != before
          terminal.resize(rows: 40, columns: 100)
          // It is not the terminal that controls the process: that would be told.
          Glibc.kill(child.pid, SIGWINCH)
          terminal.type("until stty size | grep '^40 1'; do sleep 0.1; done\r")
        },
        Step("40 100") { terminal.type("\u{1d}") },
        Step("left the console of machine 'a'") {},
        Step("Ctrl-] leaves it") { terminal.type("poweroff -f\r") },
      ])
    let report = "\(terminal.shown) \(String(decoding: child.outputBytes, as: UTF8.self))"
    #expect(undone == nil && wasRaw, "\(report)")
    #expect(terminal.shown.contains("typed 42"), "\(report)")
    #expect(terminal.shown.contains("over: the console of machine 'a'"), "\(report)")
    #expect(child.outputBytes == Array("ready\nleft\tand goes on\ttrue\nover\n".utf8))
    #expect(child.status == 0, "\(report)")
    #expect(traces.left { terminal.mode == before ? [] : ["a terminal that is raw"] } == [])
  }

  /// The script fails; what a `<close>` variable has lives on, and is entered; killing the one who is in
  /// leaves a whole terminal, and Ctrl-C ends the run.
  @Test func aKeptRunIsEntered() throws {
    let (traces, terminal) = (try Traces(), try Pseudoterminal())
    let child = try Self.start(
      ["run", "--keep", "Tests/Scripts/modules/kept.lua"], on: terminal, traces)
    var reports: [String] = []
    let undone = Self.talk(
      child, terminal,
      [
        Step("kept.lua:7: on purpose") {},
        Step("Ctrl-C here") {
          do { try Self.enter(traces, &reports) } catch { reports.append("\(error)") }
          Glibc.kill(child.pid, SIGINT)
        },
      ])
    #expect(undone == nil && reports == [], "\(reports) \(terminal.shown)")
    #expect(terminal.shown.contains("attach \(child.pid) b"), "\(terminal.shown)")
    #expect(
      terminal.shown.components(separatedBy: "on purpose").count == 3, "said once, with its line")
    #expect(child.status == 1, "\(terminal.shown)")
    #expect(traces.left() == [])
  }

  /// Adds to `reports` what is not as it should be.
  private static func enter(_ traces: Traces, _ reports: inout [String]) throws {
    func expect(_ condition: Bool, _ what: String) { if !condition { reports.append(what) } }
    let unclear = try Pseudoterminal()
    let list = try start(["attach", "--list"], on: unclear, traces)
    list.run { _ in 0.05 }
    let lines = String(decoding: list.outputBytes, as: UTF8.self).split(separator: "\n")
    expect(lines.count == 2 && lines[0].hasSuffix(" a"), "list: \(lines)")

    let which = try start(["attach"], on: unclear, traces)
    expect(talk(which, unclear, [Step("which one?") {}]) == nil && which.status == 1, unclear.shown)

    let terminal = try Pseudoterminal()
    let before = terminal.mode
    let child = try start(["attach", "b"], on: terminal, traces)
    let undone = talk(
      child, terminal,
      [
        Step("Ctrl-] leaves it") { terminal.type("hostname; echo is $((6 * 7))\r") },
        Step("is 42") { terminal.type("\u{1d}") },
      ])
    expect(undone == nil && child.status == 0 && terminal.mode == before, terminal.shown)
    expect(terminal.shown.utf8.firstRange(of: "\nb\r".utf8) != nil, terminal.shown)

    let killed = try start(["attach", "b"], on: terminal, traces)
    var wasRaw = false
    _ = talk(
      killed, terminal,
      [
        Step("Ctrl-] leaves it") {
          wasRaw = terminal.mode != before
          Glibc.kill(killed.pid, SIGKILL)
        }
      ])
    let deadline = Date().addingTimeInterval(10)
    while terminal.mode != before, Date() < deadline { usleep(10_000) }
    expect(wasRaw && terminal.mode == before, "the terminal of one that was killed")
  }
}
