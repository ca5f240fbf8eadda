import Foundation
import Glibc
import Testing

/// The keys of a terminal go to a guest, and whatever ends that, the terminal is as it was.
@Suite(.serialized) struct TerminalTests {
  enum End: CaseIterable { case key, terminate, interrupt, kill }

  @Test(arguments: End.allCases) func isAsItWas(after end: End) throws {
    let traces = try Traces()
    let terminal = try Pseudoterminal()
    let before = terminal.mode
    let script = ScriptTests.root + "/Tests/Scripts/modules/interactive.lua"
    // Standard error is the terminal too: the guest's output comes as it is.
    let child = try ChildProcess(
      ["/bin/sh", "-c", "exec \"$@\" 2>'\(terminal.path)'", "sh", ScriptRun.binary, "run", script],
      environment: traces.environment, directory: ScriptTests.root, input: terminal.path)
    let deadline = Date().addingTimeInterval(100)
    var (hasTyped, hasEnded, wasRaw) = (false, false, false)
    child.run { child in
      terminal.look()
      let output = String(decoding: child.outputBytes, as: UTF8.self)
      if !hasTyped, output.contains("ready\n") {
        hasTyped = true
        // Ctrl-C is the guest's: it ends the line there, and nothing here.
        terminal.type("echo never\u{3}echo 'typed 'by' hand'\r")
      }
      if !hasEnded, output.contains("seen\n") {
        hasEnded = true
        wasRaw = terminal.mode != before
        switch end {
        case .key: terminal.type("\u{1d}")
        case .terminate: Glibc.kill(child.pid, SIGTERM)
        case .interrupt: Glibc.kill(child.pid, SIGINT)
        case .kill: Glibc.kill(child.pid, SIGKILL)
        }
      }
      if hasEnded, end == .key, terminal.mode == before { Glibc.kill(child.pid, SIGTERM) }
      return Date() > deadline ? nil : 0.05
    }
    terminal.look()
    let report = "\(end): \(String(decoding: child.outputBytes, as: UTF8.self)) \(terminal.shown)"
    #expect(hasTyped && hasEnded && wasRaw, "\(report)")
    #expect(terminal.shown.contains("typed by hand"), "\(report)")
    #expect(child.status == [.key: 143, .terminate: 143, .interrupt: 130, .kill: -SIGKILL][end])
    #expect(traces.left { terminal.mode == before ? [] : ["a terminal that is raw"] } == [])
  }
}
