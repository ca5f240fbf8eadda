import CLua
import Events

/// One line of execution in a script: a coroutine with a name, and what it waits for.
public final class LuaTask {
  public let id: UInt64
  public let name: String
  /// Where it was spawned.
  public let origin: Place?
  let thread: OpaquePointer
  /// Keeps the coroutine alive in the registry.
  let anchor: Int32
  var startArguments: Int32
  var wait: (any Wait)?
  var subscriptions: [Subscription] = []
  var interrupt: ScriptError?
  var isReady = false
  /// The frames of the last error that nothing caught.
  var trace: [Failure.Frame] = []

  public enum Outcome {
    /// Its results, kept on its stack.
    case returned(Int)
    case failed(Failure)
  }
  /// Nil while it runs.
  public internal(set) var outcome: Outcome?
  /// Set when it has ended: for those who wait for it.
  public let ended = Event<Bool>()
  /// Somebody was told of its failure.
  public var isObserved = false

  private let lifeline: Lifeline

  init(
    interpreter: Interpreter, id: UInt64, name: String, origin: Place?, thread: OpaquePointer,
    anchor: Int32, arguments: Int32
  ) {
    lifeline = interpreter.lifeline
    self.id = id
    self.name = name
    self.origin = origin
    self.thread = thread
    self.anchor = anchor
    self.startArguments = arguments
  }

  deinit { lifeline.release(anchor) }

  func takeInterrupt() -> ScriptError? {
    defer { interrupt = nil }
    return interrupt
  }
}

/// An error that ended a task.
public struct Failure: Error {
  /// `file:line: message`, or whatever the script raised, as text.
  public var text: String
  /// Set if it came from vmscript rather than from Lua or the script.
  public var error: ScriptError?
  /// The frames of the script, innermost first.
  public var trace: [Frame]

  public init(text: String, error: ScriptError?, trace: [Frame] = []) {
    self.text = text
    self.error = error
    self.trace = trace
  }

  /// Where it happened: what the error itself says, as after `error(text, 2)`, else the innermost
  /// frame.
  public var place: Place? {
    if let place = error?.place { return place }
    let named = trace.first { text.hasPrefix("\($0.place): ") }
    return (named ?? trace.first)?.place
  }

  /// It happened in a line that is not among the frames: elsewhere, and was told here.
  public var isNoticedElsewhere: Bool { !trace.contains { $0.place == place } }

  /// The frames outside of the place; all if it is not among them.
  public var callers: [Frame] {
    guard let index = trace.firstIndex(where: { $0.place == place }) else { return trace }
    return Array(trace[index...].drop { $0.place == place })
  }

  public struct Frame: Sendable, Hashable {
    public var place: Place
    /// "function 'boot'", "main chunk"
    public var what: String
  }
}
