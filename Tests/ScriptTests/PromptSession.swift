import Foundation
import Glibc

/// A person at a terminal of the program's own: types, and looks at what is shown.
final class PromptSession {
  let terminal: Pseudoterminal
  let traces: Traces
  private let child: ChildProcess
  /// All that was shown, without escape sequences that move the cursor.
  private(set) var shown = ""
  /// How much of it `see` has passed.
  private var seen = 0
  private var steps: [(PromptSession) -> Bool] = []
  /// What could not be seen.
  private(set) var missing: String?
  let modeBefore: [UInt8]

  var status: Int32? { child.status }

  init(_ words: [String], environment: [String: String] = [:]) throws {
    traces = try Traces()
    terminal = try Pseudoterminal(columns: 200)
    modeBefore = terminal.mode
    var all = traces.environment
    all["TERM"] = "xterm"
    for (name, value) in environment { all[name] = value }
    // The terminal controls the program, so that Ctrl-C and Ctrl-Z are signals to it.
    child = try ChildProcess(
      [
        "setsid", "--ctty", "--wait", "/bin/sh", "-c", "exec \"$@\" >'\(terminal.path)' 2>&1", "sh",
        ScriptRun.binary,
      ] + words, environment: all, directory: ScriptTests.root, input: terminal.path)
  }

  /// Then: waits until this is shown, behind what was seen before.
  func see(_ text: String) {
    steps.append { session in
      let rest = session.shown.dropFirst(session.seen)
      guard let found = rest.firstRange(of: text) else {
        session.missing = text
        return false
      }
      session.missing = nil
      session.seen += rest.distance(from: rest.startIndex, to: found.upperBound)
      return true
    }
  }

  /// Then: types.
  func type(_ text: String) {
    steps.append { session in
      session.terminal.type(text)
      return true
    }
  }

  func perform(_ body: @escaping (PromptSession) -> Void) {
    steps.append { session in
      body(session)
      return true
    }
  }

  /// The process of the program itself.
  var pid: pid_t? {
    let children = try? String(
      contentsOfFile: "/proc/\(child.pid)/task/\(child.pid)/children", encoding: .utf8)
    return children?.split(separator: " ").first.flatMap { pid_t($0) }
  }

  /// Does all that, and waits for the program's end. False if that takes longer than so many seconds.
  func finish(within seconds: Double) -> Bool {
    let deadline = Date().addingTimeInterval(seconds)
    child.run { _ in
      look()
      while let step = steps.first, step(self) { steps.removeFirst() }
      return Date() > deadline ? nil : 0.02
    }
    look()
    if child.status == nil, let pid { kill(pid, SIGKILL) }
    return child.status != nil && steps.isEmpty
  }

  private func look() {
    terminal.look()
    shown = Self.plain(terminal.shown)
  }

  var report: String { "missing: \(missing ?? "-") status: \(child.status ?? -999)\n\(shown)" }

  private static func plain(_ text: String) -> String {
    text.replacing(try! Regex("\u{1b}\\[[0-9;?]*[A-Za-z]"), with: "")
      .replacingOccurrences(of: "\r", with: "")
  }
}
