import Events
import Scripting

/// Cancels tasks and waits until all of them have ended, with their `<close>` handlers.
final class TasksEnd: Wait {
  private let tasks: [LuaTask]
  /// With what the block of the tasks ends, if it fails.
  private let reason: RaisedError?
  let deadline = Deadline.never
  let isForTasks = true

  private init(_ tasks: [LuaTask], _ reason: RaisedError?) {
    self.tasks = tasks
    self.reason = reason
  }

  static func cancel(_ objects: [TaskObject], _ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let scheduler = run.interpreter.scheduler
    // It cannot wait for itself.
    let tasks = objects.map(\.task).filter { $0 !== scheduler.current }
    for object in objects {
      scheduler.cancel(object.task, because: "the task's scope has ended")
    }
    return try call.wait(TasksEnd(tasks, call.object(2) as? RaisedError))
  }

  /// The same for tasks whatever holds them.
  static func cancel(
    _ tasks: [LuaTask], because reason: String, _ call: Call
  ) throws(ScriptError) -> Int {
    for task in tasks { call.interpreter.scheduler.cancel(task, because: reason) }
    return try call.wait(TasksEnd(tasks, nil))
  }

  /// `end_tasks(tasks, error)`.
  static func end(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    guard case .table(let table) = try call.value(1) else { return 0 }
    let values = table.positions + table.fields.map(\.value)
    let objects = values.compactMap { value -> TaskObject? in
      if case .object(let object) = value { object as? TaskObject } else { nil }
    }
    return try cancel(objects, call, run)
  }

  var purpose: String {
    let living = tasks.filter { $0.outcome == nil }
    let first = living.first?.name ?? "tasks"
    return living.count > 1
      ? "the end of \(first) and of \(living.count - 1) more" : "the end of \(first)"
  }

  func poll() -> Bool { tasks.allSatisfy { $0.outcome != nil } }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> [Subscription] {
    // Each at its end, so that many are not looked at again and again.
    tasks.filter { $0.outcome == nil }.map { $0.ended.subscribe(wake) }
  }

  /// What a task's handlers failed of is not lost: it is raised, or goes with what is raised already.
  func finish(_ call: Call) throws(ScriptError) -> Int {
    var error: ScriptError?
    for task in tasks where !task.isObserved {
      guard case .failed(let failure) = task.outcome, failure.error?.kind != .cancelled else {
        continue
      }
      task.isObserved = true
      let own = TaskObject.error(task, failure)
      if let reason {
        reason.add(note: "\(task.name) failed too: \(own.text)")
      } else if task.isCancelled {
        if error == nil {
          error = own
        } else {
          error?.notes.append("\(task.name) failed too: \(own.text)")
        }
      }
    }
    if let error { throw error }
    return 0
  }
}
