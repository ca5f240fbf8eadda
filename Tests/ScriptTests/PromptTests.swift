import Foundation
import Glibc
import Testing

/// `vmscript repl` and `run --on-failure repl`, at a terminal and without one.
@Suite(.serialized) struct PromptTests {
  /// What `repl` makes of lines in a file.
  private func evaluate(_ lines: String, environment: [String: String] = [:]) throws -> (
    output: String, errors: String, status: Int32?
  ) {
    let traces = try Traces()
    let file = traces.scratch + "/lines"
    try lines.write(toFile: file, atomically: true, encoding: .utf8)
    let child = try ChildProcess(
      [ScriptRun.binary, "repl"],
      environment: traces.environment.merging(environment) { $1 }, directory: ScriptTests.root,
      input: file)
    let deadline = Date().addingTimeInterval(60)
    child.run { _ in Date() > deadline ? nil : 1 }
    #expect(traces.left() == [])
    return (
      String(decoding: child.outputBytes, as: UTF8.self),
      String(decoding: child.errorBytes, as: UTF8.self), child.status
    )
  }

  @Test func evaluatesLinesWithoutATerminal() throws {
    let result = try evaluate(
      """
      1 + 1, "a", nil
      x = 4; local y = 5
      x, y
      for i = 1, 2 do
        print("line", i)
      end
      { 1, list = { true } }
      io.read()
      for the script
      error "boom"
      wait {}
      spawn(function() error "beside" end)
      wait(0.01)
      "a\\nb\\27[31m"
      os.exit(7)
      """)
    #expect(
      result.output == """
        2\t"a"\tnil
        4\tnil
        line\t1
        line\t2
        { 1, list = { true } }
        "for the script"
        task of stdin:11
        a
        b\\x1b[31m

        """)
    #expect(result.errors.contains("vmscript: stdin:9: boom\n"), "\(result.errors)")
    #expect(result.errors.contains("stdin:10: wait wants seconds or an event"), "\(result.errors)")
    #expect(result.errors.contains("stdin:11: beside"), "\(result.errors)")
    #expect(result.status == 7)
  }

  @Test func endsWithItsLinesAndSaysWhatWasNotWhole() throws {
    let result = try evaluate("process { 'sleep', '1000' }.name\nfor i = 1, 2 do\n")
    #expect(result.output == "\"sleep\"\n")
    #expect(result.errors.contains("'end' expected"), "\(result.errors)")
    #expect(result.status == 0)
  }

  @Test func boundsWhatItShows() throws {
    let result = try evaluate(
      """
      (function() local t = {} for i = 1, 100000 do t[i] = { i, t } end return t end)()
      ("x"):rep(1000000)
      """)
    #expect(result.output.contains("… 99950 more"))
    #expect(result.output.utf8.count < 40000)
    #expect(result.errors == "")
  }

  @Test func isAPromptAtATerminal() throws {
    let session = try PromptSession(["repl"], environment: ["HOME": "/nonexistent"])
    session.see("Ctrl-D leaves")
    session.see("> ")
    session.type("6 * 7\r")
    session.see("42\n> ")
    // Several lines, and Ctrl-C in the middle of others.
    session.type("for i = 1, 2 do\r")
    session.see(">> ")
    session.type("print('number', i) end\r")
    session.see("number\t1\nnumber\t2\n> ")
    session.type("no(\r")
    session.see(">> ")
    session.type("\u{3}")
    session.see("^C\n> ")
    // Ctrl-C ends a wait, and a loop without one.
    session.type("print 'sleeps' wait(1000)\r")
    session.see("\nsleeps\n")
    session.type("\u{3}")
    session.see("interrupted\n> ")
    session.type("print 'loops' while true do end\r")
    session.see("\nloops\n")
    session.type("\u{3}")
    session.see("interrupted\n> ")
    // A task goes on while the person types, and what it writes leaves the line whole.
    session.type("spawn(function() wait(signal 'USR1') print 'beside' end)\r")
    session.see("task of prompt:1\n> ")
    session.type("'half a li")
    session.see("'half a li")
    session.perform { session in if let pid = session.pid { kill(pid, SIGUSR1) } }
    session.see("beside\n> 'half a li")
    session.type("ne'\r")
    session.see("\"half a line\"\n> ")
    // Completion, and the history.
    session.type("wai\t.n\t\r")
    session.see("wait.never")
    session.see("function: ")
    session.type("\u{1b}[A")
    session.see("> wait.never")
    session.type("\u{15}microvm { fw\t\u{15}")
    session.see("fw_cfg")
    session.type("x = 'ä' .. 'ö'\r")
    session.see("\n> ")
    session.type("#x\r")
    session.see("4\n> ")
    session.type("\u{4}")
    #expect(session.finish(within: 60), "\(session.report)")
    #expect(session.status == 0, "\(session.report)")
    #expect(session.terminal.mode == session.modeBefore)
    let history = try String(
      contentsOfFile: session.traces.scratch + "/state/vmscript/history", encoding: .utf8)
    #expect(history.hasPrefix("6 * 7\nfor i = 1, 2 do\n"), "\(history)")
    #expect(session.traces.left() == [])
  }

  enum End: CaseIterable { case terminate, kill }

  @Test(arguments: End.allCases) func leavesTheTerminalWhole(after end: End) throws {
    let session = try PromptSession(["repl"])
    session.see("> ")
    session.type("process { 'sleep', '1000' }\r")
    session.see("process 'sleep'")
    session.see("> ")
    session.type("half")
    session.see("half")
    session.perform { session in
      #expect(session.terminal.mode != session.modeBefore)
      if let pid = session.pid { kill(pid, end == .kill ? SIGKILL : SIGTERM) }
    }
    #expect(session.finish(within: 30), "\(session.report)")
    #expect(session.status == (end == .kill ? SIGKILL : 143), "\(session.report)")
    let left = session.traces.left {
      session.terminal.mode == session.modeBefore ? [] : ["a terminal that is raw"]
    }
    #expect(left == [])
  }

  @Test func opensWhereAScriptFailed() throws {
    let script = ScriptTests.root + "/Tests/Scripts/modules/fails_inside.lua"
    let session = try PromptSession(["run", "--on-failure", "repl", "--timeout", "100", script])
    session.see("fails_inside.lua:8: 3 replicas, not 2")
    session.see("> ")
    session.type("locals()\r")
    session.see("wanted = 2")
    session.see("count = 3")
    session.see("> ")
    session.type("vm:sh 'echo alive and' .. ' well'\r")
    session.see("\"alive and well\"\n> ")
    session.type("up()\r")
    session.see("check(a, replicas)")
    session.see("> ")
    session.type("replicas = replicas + 40; answer = replicas\r")
    session.see("> ")
    session.type("answer, wanted, failure\r")
    session.see("42\tnil\t\"")
    session.see("> ")
    // The machine dies between two lines.
    session.type("os.execute('kill -KILL ' .. pid)\r")
    session.see("machine 'a'")
    session.see("\n> ")
    session.type("\u{4}")
    session.see("closed with 42")
    #expect(session.finish(within: 120), "\(session.report)")
    #expect(session.status == 1, "\(session.report)")
    #expect(session.traces.left() == [])
  }

  @Test func opensInATaskThatFails() throws {
    let script = ScriptTests.root + "/Tests/Scripts/modules/fails_beside.lua"
    let session = try PromptSession(["run", "--on-failure", "repl", script])
    session.see("fails_beside.lua:4: lost")
    session.see("> ")
    session.type("inside .. '!'\r")
    session.see("\"of the task!\"")
    session.see("> ")
    session.type("\u{4}")
    session.see("main is closed")
    #expect(session.finish(within: 60), "\(session.report)")
    #expect(session.status == 1, "\(session.report)")
    #expect(session.shown.components(separatedBy: ": lost").count == 2, "\(session.report)")
    #expect(session.traces.left() == [])
  }
}
