import CLua
import CLuaBridge
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
  public let began = Instant.now
  var wait: (any Wait)?
  private var waitBegan = Instant.now
  /// The wait in which it was told of an error from elsewhere, such as that it has to end.
  private var interruptedWait: (purpose: String, began: Instant, error: String)?
  /// The Lua thread that waits: the task's own, or a coroutine of the script's.
  var waitingThread: OpaquePointer?
  var subscriptions: [Subscription] = []
  /// Raised at its present or next wait, unless it is being unwound.
  private var interrupt: ScriptError?
  /// Raised even then, and before that.
  private var alarm: ScriptError?
  var isReady = false
  /// For when the scheduler's timer is set.
  var timer = Deadline.never
  /// Its wait began since the script last stood still; the witness was told of it.
  var isWaitFresh = false
  var isWaitWitnessed = false
  /// Waits that were over at once.
  var quickWaits: UInt = 0
  /// It waits for something that may come from outside of the script.
  var looksOutside = false
  /// It was cancelled: once is enough.
  public internal(set) var isCancelled = false
  /// The blocks of `within` that it is in, outermost first.
  var scopes: [TimeScope] = []
  /// The one of them that ends the present wait.
  var limit: TimeScope?
  /// It is being unwound by what nothing may catch.
  private(set) var unwinding: Unwinding?
  /// The frames of the last error that nothing caught.
  var trace: [Failure.Frame] = []
  /// The next error that the message handler sees may be one whose trace was noted already.
  var keepsTrace = false

  /// What ends it, as soon as that is known; what its `<close>` handlers raise while it is unwound may
  /// come in the place of this.
  public internal(set) var firstFailure: Failure?

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

  /// When to look at its wait at the latest; nil for never.
  var nextLook: Deadline? {
    guard let wait else { return nil }
    let deadline = min(wait.deadline, limit?.deadline ?? .never)
    return deadline == .never ? nil : deadline
  }

  /// What it waits for, and since when.
  public var presentWait: (purpose: String, began: Instant)? {
    wait.map { ($0.purpose, waitBegan) }
  }

  func begin(_ wait: any Wait, on thread: OpaquePointer) {
    self.wait = wait
    waitingThread = thread
    waitBegan = .now
  }

  func noteInterrupted(_ wait: any Wait, by error: ScriptError) {
    interruptedWait = (wait.purpose, waitBegan, error.message)
  }

  /// What it waited for, and since when, when it was told from elsewhere of what made it fail.
  public var lastWait: (purpose: String, began: Instant)? {
    guard let wait = interruptedWait, wait.error == firstFailure?.error?.message else { return nil }
    return (wait.purpose, wait.began)
  }

  // MARK: What ends its waits early

  /// Raises an error at its present or next wait. Not while it is being unwound, unless it is urgent:
  /// then afterwards.
  func setInterrupt(_ error: ScriptError, isUrgent: Bool) {
    if isUrgent {
      alarm = error
    } else if interrupt == nil || error.kind == .cancelled {
      interrupt = error
    }
  }

  /// Whether `takeStop` has something.
  var isToStop: Bool {
    alarm != nil || (interrupt != nil && unwinding == nil) || limit?.deadline.hasPassed == true
  }

  /// What ends a wait now instead of what it waits for.
  func takeStop(during wait: any Wait) -> ScriptError? {
    if let alarm {
      self.alarm = nil
      return alarm
    }
    if let interrupt, unwinding == nil {
      self.interrupt = nil
      return interrupt
    }
    guard let limit, limit.deadline.hasPassed else { return nil }
    return limit.error(during: wait)
  }

  /// What it was to be told at its next wait, when there will be none.
  public func takeInterrupt() -> ScriptError? {
    defer { interrupt = nil }
    return interrupt
  }

  /// An uncatchable error is raised in it, while it runs.
  func beginUnwinding(by error: ScriptError, number: UInt32) {
    var scope: TimeScope?
    if error.endsBlock, let limit {
      scope = limit
      limit.outer = unwinding
    }
    unwind(Unwinding(number: number, error: error, scope: scope))
  }

  /// It goes on in this unwinding, or in none. It is the running task.
  func unwind(_ unwinding: Unwinding?) {
    self.unwinding = unwinding
    bridge_set_unwinding(unwinding?.number ?? 0)
  }

  /// A handler's error, in the place of the one by which it is unwound.
  func noteHandlerFailure(_ failure: Failure) {
    if unwinding?.failure == nil { unwinding?.failure = failure }
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
