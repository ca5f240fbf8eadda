import CEdit
import Choreography
import Events
import Glibc
import Synchronization

/// Lines that a person types, by libedit. It sleeps in a thread of its own, so that whatever it does
/// with keys (an escape that has only begun, a search) holds up no task of the script.
final class LineEditor: PromptConsole {
  private typealias Completer = @Sendable (String) -> PromptCompletion?
  private struct Request: Sendable {
    var prompt: String
    var then: @Sendable (PromptInput) -> Void
  }
  /// The header says which of its functions are for other threads.
  private struct Editor: @unchecked Sendable {
    let pointer: OpaquePointer
  }
  private struct State {
    var editor: Editor?
    var request: Request?
    var isBusy = false
    var history: [String] = []
    var complete: Completer = { _ in nil }
  }
  private let state = Mutex(State())
  private let baton = Baton()

  var isInteractive: Bool { true }

  /// Where prompts are drawn; nil if there is no terminal.
  private static var screen: Int32? { [1, 2].first { isatty($0) == 1 } }

  /// A line editor if there is a terminal, else what reads lines plainly.
  static func console() -> any PromptConsole {
    isatty(0) == 1 && screen != nil ? LineEditor() : PlainLines()
  }

  func open(history: [String], complete: @escaping @Sendable (String) -> PromptCompletion?)
    -> String?
  {
    if let failure = cedit_load() {
      return
        "the prompt needs libedit: \(String(cString: failure)); on Debian: apt install libedit2"
    }
    var host = cedit_host(
      context: Unmanaged.passUnretained(self).toOpaque(),
      complete: { context, text, length in
        Unmanaged<LineEditor>.fromOpaque(context!).takeUnretainedValue().complete(text!, length)
      })
    guard let editor = cedit_open(0, Self.screen ?? 2, &host) else {
      return "the prompt's line editor cannot be made: \(String(cString: strerror(errno)))"
    }
    let ours = Editor(pointer: editor)
    state.withLock { state in
      state.editor = ours
      state.history = history
      state.complete = complete
    }
    let code = DetachedThread.run { self.serve(ours) }
    return code == 0 ? nil : "the prompt has no thread: \(String(cString: strerror(code)))"
  }

  func read(_ prompt: String, then: @escaping @Sendable (PromptInput) -> Void) {
    state.withLock { $0.request = Request(prompt: prompt, then: then) }
    baton.pass()
  }

  func interrupt() { state.withLock { if $0.isBusy { cedit_interrupt($0.editor?.pointer) } } }
  func redraw() { state.withLock { if $0.isBusy { cedit_redraw($0.editor?.pointer) } } }
  func show(_ text: String) { Terminal.show(text) }
  func tell(_ report: Report) { Terminal.tell(report) }

  // MARK: The editor's thread

  private func serve(_ editor: Editor) -> Never {
    let editor = editor.pointer
    for line in state.withLock({ $0.history }) { cedit_remember(editor, line) }
    while true {
      baton.take()
      let request = state.withLock { state in
        state.isBusy = true
        defer { state.request = nil }
        return state.request
      }
      guard let request else { continue }
      var line: UnsafeMutablePointer<CChar>?
      let end = cedit_read(editor, request.prompt, &line)
      state.withLock { $0.isBusy = false }
      var input = end == CEDIT_INTERRUPTED ? PromptInput.interrupted : .end
      if let line {
        if line.pointee != 0 { cedit_remember(editor, line) }
        input = .line(String(cString: line))
        free(line)
      }
      request.then(input)
    }
  }

  private func complete(_ text: UnsafePointer<CChar>, _ length: Int) -> UnsafeMutablePointer<CChar>?
  {
    let bytes = UnsafeRawBufferPointer(start: text, count: length)
    let complete = state.withLock { $0.complete }
    guard let answer = complete(String(decoding: bytes, as: UTF8.self)),
      !answer.insertion.isEmpty || !answer.names.isEmpty
    else { return nil }
    return strdup(([answer.insertion] + answer.names).joined(separator: "\n"))
  }
}
