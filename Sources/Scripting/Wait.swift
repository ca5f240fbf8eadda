import Events

/// What a task is waiting for. Used on the script's thread only.
public protocol Wait: AnyObject {
  /// Looks whether the wait is over, and remembers the outcome.
  func poll() -> Bool
  /// Pushes what the wait gives, or throws.
  func finish(_ call: Call) throws(ScriptError) -> Int
  /// Arranges that `wake` is called, from any thread, whenever `poll` may have a new answer.
  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription]
  /// The task does not wait any more, and `finish` will not be called: it was cancelled.
  func abandon()
  /// When to poll at the latest.
  var deadline: Deadline { get }
  /// What it waits for, as "console text 'login:' of machine 'a'".
  var purpose: String { get }
  /// The machine that it is about, or the first of several.
  var machineName: String? { get }
  /// Whether nothing but another task of the script can end it. A default time-out does not count:
  /// it would only say late what can be said at once.
  var isForTasks: Bool { get }
  /// Adds to an error about its being cut short what a person needs to understand it.
  func explain(_ error: inout ScriptError)
}

extension Wait {
  public func abandon() {}
  public var machineName: String? { nil }
  public var isForTasks: Bool { false }
  public func explain(_ error: inout ScriptError) {}
}
