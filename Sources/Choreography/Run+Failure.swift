import Events
import Machines
import Scripting

/// What a run fails of, and what is made of that.
extension Run {
  /// The script has failed, and nothing of it was ended by that yet: neither its locals and `<close>`
  /// variables, nor tasks, nor machines. All that is to happen between a failure and the way down has
  /// its place here. The script's thread may stay as long as it likes. `thread` is the Lua thread that
  /// raised the error, nil if no Lua did: the script had ended, and a machine of it failed.
  func afterFailure(_ failure: Failure, on thread: OpaquePointer?) {
    // What fails at a prompt is told there.
    guard !isAtPrompt else { return }
    if situation == nil { situation = Situation(self, failed: interpreter.scheduler.main) }
    openPrompt(failure, on: thread)
    guard options.keeps, !hasStayed, Ending.shared.reason == nil,
      failure.error?.fields["skip"] == nil, machines.contains(where: \.isLiving)
    else { return }
    if shown == nil { showOnce(complete(report(failure, reason: nil))) }
    stay()
  }

  /// Before the run ends.
  func stay() {
    hasStayed = true
    Stay.stay(self)
  }

  /// A task failed with nobody waiting for it: that fails the script, now if main waits.
  func handleFailure(of task: LuaTask) {
    guard case .failed(let failure) = task.outcome, failure.error?.kind != .cancelled else {
      return
    }
    let error = error(of: task, failure)
    let scheduler = interpreter.scheduler
    if let main = scheduler.main, main.outcome == nil {
      task.isObserved = true
      scheduler.interrupt(main, with: error)
    } else {
      strayFailures.append(error)
    }
  }

  /// What the script is told of a task's failure.
  func error(of task: LuaTask, _ failure: Failure) -> ScriptError {
    var error = TaskObject.error(task, failure)
    error.notes.insert(
      "in task '\(task.name)'" + (task.origin.map { ", spawned at \($0)" } ?? ""), at: 0)
    return error
  }

  /// Shows a failure before the end, as of a test of the file.
  func show(_ report: Report) {
    if let show = options.show { show(report) } else { options.say(report.text) }
  }

  /// The same for what the script has failed of: its end says nothing more of that.
  func showOnce(_ report: Report) {
    show(report)
    shown = report
  }

  func judge(_ main: LuaTask) -> RunResult {
    if case .failed(let failure) = main.outcome { return failed(failure) }
    if let error = main.takeInterrupt(), error.kind != .cancelled {
      return failed(Failure(text: error.text, error: error))
    }
    awaitEndings()
    if let error = takeUnclaimedDeath(during: nil) {
      return failed(Failure(text: error.text, error: error))
    }
    // Told to end, and never told the script, which ended by itself.
    return RunResult(status: Ending.shared.reason?.status ?? 0)
  }

  /// A machine or process may be gone already whose end is not told yet.
  func awaitEndings() {
    let deadline = Deadline.after(Ending.grace)
    for mortal in machines as [any Mortal] + processes { mortal.awaitEnding(until: deadline) }
  }

  func failed(_ failure: Failure) -> RunResult {
    if interpreter.scheduler.main?.firstFailure == nil { afterFailure(failure, on: nil) }
    if let reason = Ending.shared.reason {
      if reason.isQuiet { return RunResult(status: reason.status) }
      return RunResult(status: reason.status, report: report(failure, reason: reason))
    }
    if failure.error?.fields["skip"] != nil {
      return RunResult(status: 0, skipped: failure.error?.message)
    }
    let status: Int32 = failure.error?.kind == .missing ? 3 : 1
    return RunResult(status: status, report: report(failure, reason: nil))
  }

  func report(_ failure: Failure, reason: Ending.Reason?) -> Report {
    self.failure = failure
    var report = Report(failure, reason: reason)
    report.standardInput = interpreter.standardInput
    if let failedSteps, failedSteps.text == failure.text { report.steps = failedSteps.steps }
    if let first = interpreter.scheduler.main?.firstFailure, first.text != failure.text,
      reason == nil
    {
      report.earlier = first.text
    }
    if let name = failure.error?.machine, reason == nil,
      let machine = machines.first(where: { $0.name == name }),
      !machine.isEvident(in: report.notes)
    {
      report.notes += machine.evidence()
    }
    report.situation = situation
    if failure.error?.tellsOfTasks == true { report.situation?.tasks = [] }
    return report
  }

  func complete(_ report: Report, fetches: Bool = true) -> Report {
    var report = report
    // Who has interrupted it wants it to end.
    if isRehearsal { return report }
    if case .signal = Ending.shared.reason {
    } else if fetches {
      report.fetched = GuestLogs.collect(self)
    }
    report.logs = record.path
    report.lag = Supervisor.sync { Ending.shared.lag }
    if report.logs != nil { report.again = options.again(seed: seed) }
    return report
  }

  /// The report of a test that has failed, and the exit status that it alone would make.
  func caseReport(_ failure: Failure) -> (Report, Int32) {
    situation = Situation(self, failed: interpreter.scheduler.current)
    let status: Int32 = failure.error?.kind == .missing ? 3 : 1
    return (complete(report(failure, reason: nil)), status)
  }

  /// The unasked end of any machine or process, once. During a wait, `lookElsewhere` first lets other tasks
  /// claim an end that they wait for, and says whether the wait itself is over by now.
  func takeUnclaimedDeath(
    during wait: (any Wait)?, lookElsewhere: () -> Bool = { false }
  ) -> ScriptError? {
    if wait != nil {
      let count = deaths.value ?? 0
      guard count != lookedAtDeaths, !lookElsewhere() else { return nil }
      lookedAtDeaths = count
    }
    for machine in machines { machine.lookForForbidden() }
    let activity = wait.map { "the script waited for \($0.purpose)" }
    for mortal in machines as [any Mortal] + processes {
      guard let error = mortal.takeUnclaimedEnd(during: activity) else { continue }
      lookedAtDeaths = -1  // there may be another
      return error
    }
    return nil
  }

  // MARK: Steps

  func enterStep(_ name: String) {
    guard let task = interpreter.scheduler.current else { return }
    steps[task.id, default: []].append(name)
    witness.enterStep(name, of: task)
  }

  /// `failure` is the text of the error that ended the step. An outer step that it ends too adds
  /// nothing to what the inner one said.
  func leaveStep(_ failure: String?) {
    guard let task = interpreter.scheduler.current, var stack = steps[task.id] else { return }
    witness.leaveStep(stack.last ?? "", of: task, error: failure)
    if let failure { noteFailedSteps(failure, stack, task.id) }
    stack.removeLast()
    steps[task.id] = stack.isEmpty ? nil : stack
  }

  func noteFailedSteps(_ failure: String, _ stack: [String], _ task: UInt64) {
    guard let known = failedSteps, known.text == failure else {
      failedSteps = (failure, stack, task)
      return
    }
    if known.task != task {
      // It came from another task, for which this one waited.
      failedSteps = (failure, stack + known.steps, task)
    } else if !(known.steps.count > stack.count && known.steps.starts(with: stack)) {
      failedSteps = (failure, stack, task)
    }
  }
}
