import Events
import Scripting

/// Prompts, where there is one.
extension Run {
  /// `--on-failure repl`: a prompt in the frames of what failed, before anything is unwound.
  func openPrompt(_ failure: Failure, on thread: OpaquePointer?) {
    guard let console = options.prompt, shown == nil, Ending.shared.reason == nil, !lacksPrompt,
      failure.error?.kind != .cancelled, failure.error?.fields["skip"] == nil
    else { return }
    let prompt = Prompt(self, console)
    if let lack = console.isInteractive ? prompt.open() : "there is no terminal, and so no prompt" {
      lacksPrompt = true
      return options.say("vmscript: --on-failure repl: \(lack)")
    }
    var report = complete(report(failure, reason: nil), fetches: false)
    if let main = interpreter.scheduler.main, let steps = steps[main.id] { report.steps = steps }
    showOnce(report)
    Supervisor.sync { Ending.shared.liftTimeout() }
    let frames =
      "The script stands where it failed, and its machines live. locals() lists its variables, up()"
      + " and down() choose the frame, Ctrl-D leaves."
    let noFrames = "The script had come to its end; its machines live. Ctrl-D leaves."
    isAtPrompt = true
    prompt.converse(thread == nil ? noFrames : frames, failing: thread)
    isAtPrompt = false
  }

  /// Whether there may be something to be told at a prompt.
  var hasNews: Bool { !strayFailures.isEmpty || deaths.value ?? 0 != lookedAtDeaths }

  /// What went wrong while nothing waited.
  func takeNews() -> [ScriptError] {
    var errors = strayFailures
    strayFailures = []
    guard deaths.value ?? 0 != lookedAtDeaths else { return errors }
    // Other tasks may wait for it.
    interpreter.scheduler.lookAgain()
    let count = deaths.value ?? 0
    while let error = takeUnclaimedDeath(during: nil) { errors.append(error) }
    lookedAtDeaths = count
    return errors
  }
}
