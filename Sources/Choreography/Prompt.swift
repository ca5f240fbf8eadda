import Events
import Glibc
import Scripting
import Synchronization

/// Lines that are evaluated one after the other in a run, each as a script's main would be, while other
/// tasks go on. Belongs to the script's thread.
final class Prompt {
  private static let module = "internal.repl"

  private unowned let run: Run
  private let console: any PromptConsole
  private let history: PromptHistory?
  private let keys: PromptKeys
  private let questions = Questions()
  private var scheduler: Scheduler { run.interpreter.scheduler }
  private var lineNumber = 0
  private var wasInterrupted = false

  /// What a person typed before Tab, and where the answer goes.
  private final class Questions: Sendable {
    typealias Question = (text: String, answer: Event<PromptCompletion>)
    private let waiting = Mutex<[Question]>([])

    var isEmpty: Bool { waiting.withLock { $0.isEmpty } }

    func add(_ question: Question) { waiting.withLock { $0.append(question) } }

    func take() -> [Question] {
      waiting.withLock { waiting in
        defer { waiting = [] }
        return waiting
      }
    }
  }

  init(_ run: Run, _ console: any PromptConsole) {
    self.run = run
    self.console = console
    history = console.isInteractive ? PromptHistory() : nil
    keys = PromptKeys(console)
  }

  /// What the host lacks for it, if anything.
  func open() -> String? {
    let (questions, bell) = (questions, scheduler.bell)
    return console.open(history: history?.load() ?? []) { text in
      let answer = Event<PromptCompletion>()
      questions.add((text, answer))
      bell()
      // A task that computes without a wait keeps the script's thread.
      return answer.block(until: .after(0.5))
    }
  }

  /// Until its end, or that of the run. `failing` is the Lua
  /// thread of an `onFailure`, in whose frames it is.
  func converse(_ banner: String, failing: OpaquePointer? = nil) {
    let failed = scheduler.main
    let keys = keys
    let interrupter = run.interpreter.interrupter
    Supervisor.sync {
      if keys.isInteractive { TerminalKeys.lend() }
      Ending.shared.keyboard = (keys, interrupter)
    }
    run.interpreter.onInterrupt = { [unowned self] in takeInterruption() }
    scheduler.lead(nil)
    if console.isInteractive { run.options.say(banner) }
    var isGoingOn = true
    if let failing { isGoingOn = evaluate("open", [], failing: failing) != nil }
    if isGoingOn { readLines() }
    scheduler.lead(failed)
    run.interpreter.onInterrupt = { Ending.shared.takeCancellation() }
    Supervisor.sync { Ending.shared.keyboard = nil }
  }

  private func readLines() {
    var text = ""
    while Ending.shared.reason == nil {
      tellNews()
      switch read(text.isEmpty ? "> " : ">> ") {
      case .interrupted: text = ""
      case .end:
        if !text.isEmpty { _ = evaluate(text, isWhole: true) }
        return
      case .line(let line):
        lineNumber += 1
        if !line.isEmpty { history?.append(line) }
        text += (text.isEmpty ? "" : "\n") + line
        if evaluate(text, isWhole: false) { text = "" }
      }
    }
  }

  // MARK: Reading

  /// Runs the other tasks until there is a line.
  private func read(_ prompt: String) -> PromptInput {
    let line = Event<PromptInput>()
    let bell = scheduler.bell
    let wakers: [any Waking] = [line, run.deaths, Ending.shared.isTold]
    let subscriptions = wakers.map { $0.subscribe(bell) }
    defer { for subscription in subscriptions { subscription.cancel() } }
    keys.beginReading()
    let keys = keys
    console.read(prompt) { input in
      keys.endReading()
      line.set(input)
    }
    while true {
      scheduler.run { [unowned self] in
        line.value != nil || Ending.shared.reason != nil || !questions.isEmpty || run.hasNews
      }
      if let input = line.value { return input }
      if Ending.shared.reason != nil {
        console.interrupt()
        if console.isInteractive { _ = line.block(until: .after(1)) }
        return .end
      }
      for question in questions.take() { question.answer.set(complete(question.text)) }
      tellNews()
    }
  }

  /// What went wrong while nothing was evaluated.
  private func tellNews() {
    for error in run.takeNews() { tell(Failure(text: error.text, error: error)) }
  }

  private func complete(_ text: String) -> PromptCompletion {
    let nothing = PromptCompletion(insertion: "", names: [])
    guard let results = call("complete", [.string(text)]), case .table(let names)? = results.last
    else { return nothing }
    return PromptCompletion(
      insertion: results[0].text ?? "", names: names.positions.compactMap(\.text))
  }

  /// A function of the module that does not wait.
  private func call(_ function: String, _ arguments: [Value]) -> [Value]? {
    guard
      let task = try? run.interpreter.start(
        function, of: Self.module, arguments, name: "prompt")
    else { return nil }
    scheduler.run(until: task)
    return try? scheduler.results(of: task)
  }

  // MARK: Evaluation

  /// False: it is not whole yet.
  private func evaluate(_ text: String, isWhole: Bool) -> Bool {
    let name = console.isInteractive ? "=prompt" : "=stdin"
    let first = console.isInteractive ? 1 : lineNumber - text.utf8.count { $0 == 0x0a }
    let arguments: [Value] = [
      .string(text), .string(name), .integer(Int64(first)), .boolean(isWhole),
    ]
    guard let results = evaluate("evaluate", arguments) else { return true }
    if let shown = results.last?.text { console.show(shown) }
    guard case .boolean(true)? = results.first else { return true }
    return false
  }

  /// Calls a function of the module as a script's main is run. Nil: it has failed, and that was shown.
  private func evaluate(_ function: String, _ arguments: [Value], failing: OpaquePointer? = nil)
    -> [Value]?
  {
    keys.beginEvaluation()
    wasInterrupted = false
    defer {
      scheduler.lead(nil)
      keys.endEvaluation()
      fflush(nil)
    }
    do throws(ScriptError) {
      let task = try run.interpreter.start(
        function, of: Self.module, arguments, failing: failing, name: "main")
      scheduler.lead(task)
      let subscription = run.deaths.subscribe(scheduler.waker(for: task))
      defer { subscription.cancel() }
      scheduler.run(until: task)
      fflush(nil)
      // The terminal has written ^C.
      if keys.isInterrupted { run.options.say("") }
      guard case .failed(let failure) = task.outcome else {
        let interrupt = task.takeInterrupt()
        if let interrupt, interrupt.kind != .cancelled {
          tell(Failure(text: interrupt.text, error: interrupt))
        }
        return try scheduler.results(of: task)
      }
      tell(failure)
    } catch {
      tell(Failure(text: error.text, error: error))
    }
    return nil
  }

  private func tell(_ failure: Failure) {
    if failure.error?.kind == .cancelled {
      if wasInterrupted { run.options.say("vmscript: interrupted") }
      return
    }
    console.tell(Report(failure, reason: nil))
  }

  private func takeInterruption() -> ScriptError? {
    if let error = Ending.shared.takeCancellation() { return error }
    guard keys.isInterrupted, !wasInterrupted else { return nil }
    wasInterrupted = true
    return ScriptError(.cancelled, "interrupted")
  }
}
