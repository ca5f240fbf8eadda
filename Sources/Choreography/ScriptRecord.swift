import Events
import Notation
import Record
import Scripting

/// Tells the run's timeline what the script does: its tasks, waits and steps, and what was said to the
/// person. Used on the script's thread.
final class ScriptRecord: TaskWitness {
  private struct Entry {
    var id: Int
    var began: Instant
  }
  private let timeline: Timeline
  private unowned let scheduler: Scheduler
  private var lastID = 0
  /// Waits that were told of, by task; tasks that were.
  private var waits: [UInt64: Entry] = [:]
  private var tasks: Set<UInt64> = []
  /// Steps by task, outermost first; nil for one that was not told of.
  private var steps: [UInt64: [Instant?]] = [:]

  init(_ timeline: Timeline, _ scheduler: Scheduler) {
    self.timeline = timeline
    self.scheduler = scheduler
  }

  private func isMain(_ task: LuaTask) -> Bool { task === scheduler.main }

  /// What names a task; nothing for the main one.
  private func members(_ task: LuaTask?) -> [JSON.Member] {
    guard let task, !isMain(task) else { return [] }
    return [
      JSON.Member("task", .string(task.name)), JSON.Member("task_id", .integer(Int64(task.id))),
    ]
  }

  private func tellTask(_ task: LuaTask) {
    guard !isMain(task), !tasks.contains(task.id), timeline.admits(.task) else { return }
    tasks.insert(task.id)
    var members = [JSON.Member("phase", "begin")] + members(task)
    if let origin = task.origin {
      members.append(JSON.Member("place", .string(origin.description)))
    }
    timeline.tell(.task, at: task.began, members)
  }

  // MARK: Tasks and waits

  func stands(_ task: LuaTask, for wait: any Wait, at place: Place?) {
    guard timeline.admits(.wait) else { return }
    tellTask(task)
    lastID += 1
    waits[task.id] = Entry(id: lastID, began: .now)
    var more = [JSON.Member("purpose", .string(wait.purpose))]
    if let place { more.append(JSON.Member("place", .string(place.description))) }
    if let machine = wait.machineName { more.append(JSON.Member("machine", .string(machine))) }
    tellWait("begin", lastID, task, more)
  }

  func goesOn(_ task: LuaTask, _ end: WaitEnd) {
    guard let wait = waits.removeValue(forKey: task.id) else { return }
    var outcome = "done"
    var error: String?
    switch end {
    case .done: break
    case .failed(let cause): (outcome, error) = ("failed", cause.message)
    case .stopped: outcome = "stopped"
    }
    tellWait(
      "end", wait.id, task,
      [
        JSON.Member("seconds", .seconds(Instant.now.seconds(since: wait.began))),
        JSON.Member("outcome", .string(outcome)),
      ] + (error.map { [JSON.Member("error", .string($0))] } ?? []))
  }

  private func tellWait(_ phase: String, _ id: Int, _ task: LuaTask, _ more: [JSON.Member]) {
    timeline.tell(
      .wait,
      [JSON.Member("phase", .string(phase)), JSON.Member("id", .integer(Int64(id)))]
        + members(task) + more)
  }

  func ended(_ task: LuaTask) {
    guard !isMain(task) else { return }
    steps[task.id] = nil
    var outcome = "returned"
    var error: String?
    if case .failed(let failure) = task.outcome {
      outcome = failure.error?.kind == .cancelled ? "cancelled" : "failed"
      error = outcome == "failed" ? failure.text : nil
    }
    if outcome == "failed" { tellTask(task) }
    guard tasks.remove(task.id) != nil else { return }
    timeline.tell(
      .task,
      [JSON.Member("phase", "end")] + members(task) + [JSON.Member("outcome", .string(outcome))]
        + (error.map { [JSON.Member("error", .string($0))] } ?? []))
  }

  // MARK: Steps and notes

  func enterStep(_ name: String, of task: LuaTask) {
    let isTold = timeline.admits(.step)
    steps[task.id, default: []].append(isTold ? .now : nil)
    if isTold { tellStep("begin", name, task, []) }
  }

  func leaveStep(_ name: String, of task: LuaTask, error: String?) {
    guard let began = steps[task.id]?.popLast() ?? nil else { return }
    var more = [JSON.Member("seconds", .seconds(Instant.now.seconds(since: began)))]
    if let error { more.append(JSON.Member("error", .string(error))) }
    tellStep("end", name, task, more)
  }

  private func tellStep(_ phase: String, _ name: String, _ task: LuaTask, _ more: [JSON.Member]) {
    timeline.tell(
      .step,
      [JSON.Member("phase", .string(phase)), JSON.Member("name", .string(name))]
        + members(task) + more)
  }

  /// A network's fault was set, changed or healed.
  func tellFault(_ network: String, _ fault: String, _ detail: String) {
    guard timeline.admits(.network) else { return }
    timeline.tell(
      .network,
      [
        JSON.Member("network", .string(network)), JSON.Member("fault", .string(fault)),
        JSON.Member("detail", .string(detail)),
      ] + members(scheduler.current))
  }
}
