import Scripting

/// `vmscript plan`.
extension Run {
  /// Runs the script up to its waits, and tells what it has made.
  func rehearse(_ main: LuaTask) -> RunResult {
    let scheduler = interpreter.scheduler
    scheduler.runInside(until: main)
    var result = RunResult(status: 0)
    if main.outcome == nil {
      tellPlan(.waiting(scheduler.waiting.map { Plan.Wait($0.task.name, $0.place, $0.purpose) }))
      // Its `<close>` handlers run as far as they do not wait.
      for task in scheduler.living {
        scheduler.cancel(task, because: "the plan has ended", evenUnbegun: false)
      }
      scheduler.runInside(until: main)
    } else {
      result = judge(main)
      if result.status == 0, let error = strayFailures.first {
        result = failed(Failure(text: error.text, error: error))
      }
      // Who has interrupted it does not want to read it.
      if Ending.shared.reason == nil { tellPlan(Plan.Outcome(result, main)) }
    }
    return finish(result)
  }

  func tellPlan(_ outcome: Plan.Outcome) { options.plan?(Plan(self, outcome)) }
}
