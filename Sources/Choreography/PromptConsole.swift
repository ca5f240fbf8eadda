/// Where a prompt's lines come from and its answers go: made by the command line. Its functions may be
/// called from any thread, unless they say otherwise.
public protocol PromptConsole: AnyObject, Sendable {
  /// A person types, at a terminal; else lines are read without a word.
  var isInteractive: Bool { get }
  /// Makes ready. What the host lacks for that, with the remedy; nil if nothing. `history` has earlier
  /// lines, the newest last. `complete` gives what Tab is to do, and may take a moment.
  func open(history: [String], complete: @escaping @Sendable (String) -> PromptCompletion?)
    -> String?
  /// Begins to read a line; `then` is called once, on any thread. One at a time.
  func read(_ prompt: String, then: @escaping @Sendable (PromptInput) -> Void)
  /// Ends the read that was begun, if it has not ended.
  func interrupt()
  /// The process was stopped, and goes on.
  func redraw()
  /// Shows an answer: lines without the final newline.
  func show(_ text: String)
  /// Shows what has failed.
  func tell(_ report: Report)
}

/// What came of reading a line.
public enum PromptInput: Sendable, Equatable {
  case line(String)
  /// It was cut short by `interrupt`.
  case interrupted
  case end
}

/// What Tab does: text to be inserted, and names to choose from.
public struct PromptCompletion: Sendable {
  public var insertion: String
  public var names: [String]
}
