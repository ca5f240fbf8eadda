import CEdit
import Choreography
import Events
import Glibc

/// Lines of standard input that is no terminal, by Lua's own stream, so that what they evaluate can
/// read from there too.
final class PlainLines: PromptConsole {
  var isInteractive: Bool { false }

  func open(history: [String], complete: @escaping @Sendable (String) -> PromptCompletion?)
    -> String?
  { nil }

  func read(_ prompt: String, then: @escaping @Sendable (PromptInput) -> Void) {
    let code = DetachedThread.run {
      guard let line = cedit_plain_line() else { return then(.end) }
      defer { free(line) }
      then(.line(String(cString: line)))
    }
    if code != 0 { then(.end) }
  }

  func interrupt() {}
  func redraw() {}
  func show(_ text: String) { Terminal.show(text) }
  func tell(_ report: Report) { Terminal.tell(report) }
}
