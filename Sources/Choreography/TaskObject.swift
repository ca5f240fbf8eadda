import Events
import Scripting

/// `spawn(f, …)`: a task beside the script.
final class TaskObject: ScriptObject, Waitable {
  static let typeName = "task"
  let task: LuaTask
  private unowned let run: Run

  private init(_ run: Run, _ task: LuaTask) {
    self.run = run
    self.task = task
  }

  static func spawn(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    guard call.isCallable(1) else {
      throw .usage("spawn wants a function and its arguments, got \(call.typeName(1))")
    }
    return call.results(.object(TaskObject(run, try call.spawn(1, name: name("task", call)))))
  }

  /// `spawn_as(what, f)`: for race and parallel.
  static func spawnAs(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let name = name(call.text(1) ?? "task", call)
    return call.results(.object(TaskObject(run, try call.spawn(2, name: name))))
  }

  private static func name(_ what: String, _ call: Call) -> String {
    call.place.map { "\(what) of \($0)" } ?? what
  }

  var shown: String { task.name }
  var purpose: String { task.name }
  var wakers: [any Waking] { [task.ended] }
  var isForTasks: Bool { true }
  var isExact: Bool { true }

  func outcome() -> Outcome? {
    switch task.outcome {
    case nil:
      guard task === run.interpreter.scheduler.current else { return nil }
      return .failure(.usage("a task cannot wait for itself"))
    case .returned:
      let (run, task) = (run, task)
      return .success { call in
        try run.interpreter.scheduler.pushResults(of: task, to: call)
      }
    case .failed(let failure):
      task.isObserved = true
      return .failure(Self.error(task, failure))
    }
  }

  /// What those who wait for a failed task are told.
  static func error(_ task: LuaTask, _ failure: Failure) -> ScriptError {
    if let error = failure.error {
      // Another task's cancellation is this one's news, not its own cancellation.
      guard error.kind == .cancelled else { return error }
      var news = ScriptError(.assertion, "\(task.name) was cancelled")
      news.place = error.place
      return news
    }
    let place = failure.place
    let prefix = place.map { "\($0): " } ?? ""
    let text = failure.text
    var error = ScriptError(
      .assertion, text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
    error.place = place
    error.notes = failure.callers.map { "called from \($0.place) in \($0.what)" }
    return error
  }

  static var methods: [String: NativeFunction] {
    [
      "cancel": { call in
        guard let object = call.object(1) as? TaskObject else { return 0 }
        object.run.interpreter.scheduler.cancel(object.task, because: "the task was cancelled")
        return 0
      }
    ]
  }

  /// The end of a scope: returns when the task has ended.
  func close(_ call: Call) throws(ScriptError) -> Int {
    try TasksEnd.cancel([self], call, run)
  }
}
