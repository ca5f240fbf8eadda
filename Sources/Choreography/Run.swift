import Events
import Glibc
import Machines
import Notation
import Processes
import ProtoMessages
import Record
import RemoteCalls
import Reports
import Scripting
import Synchronization

/// One run of a script: its interpreter, the machines it made, and how it ends. Belongs to the
/// script's thread; what must not wait for that thread is in `Ending`.
public final class Run {
  let options: RunOptions
  let interpreter: Interpreter
  let started = Instant.now
  let seed: UInt64
  let record: RunRecord
  let witness: ScriptRecord
  /// Of what the run fails.
  private var failure: Failure?
  /// The tests of the file.
  private(set) lazy var cases = Cases(self, options.order)
  private(set) var machines: [MachineObject] = []
  /// Those whose end may still fail the script.
  private var processes: [ProcessObject] = []
  /// Set at each end of a machine or process: wakes the main task.
  let deaths = Event<Int>(0)
  private var lookedAtDeaths = 0
  /// Captures that were not closed yet.
  var captures: [CaptureObject] = []
  /// What `proto.load` has loaded, the newest last.
  var schemas: [Schema] = []
  /// Limits that `wait.eventually` sets to the waits inside it, by task.
  var caps: [UInt64: Deadline] = [:]
  private var subscriptions: [Subscription] = []
  var tokenCount: UInt64 = 0
  var nameCounts: [String: Int] = [:]
  /// The steps that each task is in, outermost first.
  private var steps: [UInt64: [String]] = [:]
  /// Those in which an error arose, with its text.
  private var failedSteps: (text: String, steps: [String], task: UInt64)?
  private(set) var isUnderTCG = false
  private var hasRemovedStale = false
  /// What was shown before the end, since the machines were kept or a prompt was opened.
  private var shown: Report?
  private var hasStayed = false
  /// What all else was doing when the script failed.
  private var situation: Situation?
  /// What tasks failed of when main had ended already.
  private var strayFailures: [ScriptError] = []
  private var isAtPrompt = false
  /// There is none to be had, which was said.
  private var lacksPrompt = false
  /// What the script made; nil unless it is only rehearsed.
  let inventory: Inventory?
  var isRehearsal: Bool { inventory != nil }
  private var capabilities: [HostCapabilities.Choice: HostCapabilities] = [:]

  public init(_ options: RunOptions) {
    interpreter = Interpreter(outOfMemory: { Ending.outOfMemory() })
    seed = options.seed ?? UInt64.random(in: 0...0xffff_ffff)
    let record = RunRecord(
      scriptName: options.scriptName, parent: options.order?.records,
      isKept: options.plan == nil,
      kept: options.order?.records == nil ? RunRecord.kept : .max, origin: started,
      beginning: RunEnd.beginning(options, seed: seed)
    ) { text in
      Supervisor.assumeIsolated { Ending.shared.tell("vmscript: warning: \(text)") }
    }
    self.record = record
    var options = options
    let say = options.say
    options.say = { text in
      say(text)
      guard record.timeline.admits(.note) else { return }
      record.timeline.tell(.note, ["text": .string(text)])
    }
    self.options = options
    witness = ScriptRecord(record.timeline, interpreter.scheduler)
    inventory = options.plan == nil ? nil : Inventory()
  }

  /// Runs the script to its end, and takes everything down. Blocks; the caller's thread is the
  /// script's.
  public func execute() -> RunResult {
    prepare()
    if options.order != nil { _ = cases }
    let main: LuaTask
    do throws(ScriptError) {
      main = try interpreter.loadMain(path: options.script, arguments: options.arguments)
    } catch {
      var report = Report(unparsable: error.message)
      report.standardInput = interpreter.standardInput
      return finish(RunResult(status: 2, report: report))
    }
    let scheduler = interpreter.scheduler
    subscriptions.append(deaths.subscribe(scheduler.waker(for: main)))
    if isRehearsal { return rehearse(main) }
    scheduler.run(until: main)
    var result = judge(main)
    if options.keeps, result.status == 0, result.skipped == nil { stay() }
    endTasks()
    if result.status == 0, let error = strayFailures.first {
      result = failed(Failure(text: error.text, error: error))
    }
    return finish(result)
  }

  /// Evaluates the lines of `options.prompt` to their end, and takes everything down.
  public func converse(_ banner: String) -> RunResult {
    prepare()
    guard let console = options.prompt else { return RunResult(status: 0) }
    let prompt = Prompt(self, console)
    if let lack = prompt.open() {
      return finish(
        RunResult(status: 3, report: Report(Failure(text: lack, error: nil), reason: nil)))
    }
    interpreter.onFailure = { _, _, _ in }
    prompt.converse(banner)
    endTasks()
    return finish(RunResult(status: Ending.shared.reason?.status ?? 0))
  }

  private func prepare() {
    let ending = Ending.shared
    ending.begin(options, record) { [interpreter] in interpreter.interrupter }
    interpreter.onInterrupt = { ending.takeCancellation() }
    interpreter.scheduler.source = CallHelper.shared
    CallHelper.shared.whenStarted(interpreter.scheduler.bell)
    interpreter.scheduler.onUnawaitedFailure = { [unowned self] task in handleFailure(of: task) }
    interpreter.onFailure = { [unowned self] task, failure, thread in
      if task === interpreter.scheduler.main {
        afterFailure(failure, on: thread)
      } else if options.prompt != nil, !isAtPrompt, !interpreter.scheduler.mayCatch(beside: task) {
        // It is sure to fail the script, and what it had is there now.
        let error = error(of: task, failure)
        openPrompt(Failure(text: error.text, error: error, trace: failure.trace), on: thread)
      }
    }
    Primitives.install(in: self)
    interpreter.scheduler.witness = witness
    interpreter.scheduler.mainFault = { [unowned self] wait, lookElsewhere in
      takeUnclaimedDeath(during: wait, lookElsewhere: lookElsewhere)
    }
  }

  /// The script has failed, and nothing of it was ended by that yet: neither its locals and `<close>`
  /// variables, nor tasks, nor machines. All that is to happen between a failure and the way down has
  /// its place here. The script's thread may stay as long as it likes. `thread` is the Lua thread that
  /// raised the error, nil if no Lua did: the script had ended, and a machine of it failed.
  private func afterFailure(_ failure: Failure, on thread: OpaquePointer?) {
    // What fails at a prompt is told there.
    guard !isAtPrompt else { return }
    if situation == nil { situation = Situation(self, failed: interpreter.scheduler.main) }
    openPrompt(failure, on: thread)
    guard options.keeps, !hasStayed, Ending.shared.reason == nil,
      failure.error?.fields["skip"] == nil, machines.contains(where: \.isLiving)
    else { return }
    if shown == nil { show(complete(report(failure, reason: nil))) }
    stay()
  }

  /// Before the run ends.
  private func stay() {
    hasStayed = true
    Stay.stay(self)
  }

  /// `os.exit`: takes everything down and ends the program.
  func exit(status: Int32) -> Never {
    if isRehearsal { tellPlan(.exited(status)) }
    let status = cases.status(status)
    cases.fileEnded(status)
    takeDown()
    conclude(RunResult(status: status))
    Glibc.exit(status)
  }

  /// Runs the script up to its waits, and tells what it has made.
  private func rehearse(_ main: LuaTask) -> RunResult {
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

  private func tellPlan(_ outcome: Plan.Outcome) { options.plan?(Plan(self, outcome)) }

  private func takeDown() {
    fflush(nil)
    if Ending.shared.hasWork { Supervisor.wait { await Ending.shared.takeDown() } }
    for capture in captures {
      do throws(ScriptError) { try capture.finish() } catch {
        options.say("warning: \(error.message)")
      }
    }
  }

  /// Ends the record, if there is one.
  private func conclude(_ result: RunResult) {
    guard let path = record.path else { return }
    let last = RunEnd.members(result, failure)
    Supervisor.sync { Ending.shared.conclude(last) }
    Trace.writeAtEnd(path)
    let names = [failure?.place?.source, options.scriptName].compactMap(\.self)
    try? KeptSources.keep(names, standardInput: interpreter.standardInput, in: path)
  }

  /// The page of a run that has failed, as `vmscript report` makes it. What hinders it (a full disk) was
  /// complained of with the timeline.
  private func writePage() -> String? {
    record.path.flatMap { try? RunReport(record: $0).write() }
  }

  private func finish(_ result: RunResult) -> RunResult {
    var result = result
    if let failed = result.report {
      if let shown, shown.isSame(as: failed) {
        result.report = shown
        result.isShown = true
      } else {
        result.report = complete(failed)
      }
    }
    result.status = cases.status(result.status)
    cases.fileEnded(result.status, report: result.report, skipped: result.skipped)
    if result.report == nil, let summary = cases.summary {
      var report = Report(headline: summary)
      report.logs = record.path
      if report.logs != nil { report.again = options.again(seed: seed) }
      result.report = report
    }
    takeDown()
    conclude(result)
    if result.report != nil { result.report?.page = writePage() }
    interpreter.close()
    return result
  }

  /// A task failed with nobody waiting for it: that fails the script, now if main waits.
  private func handleFailure(of task: LuaTask) {
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
  private func error(of task: LuaTask, _ failure: Failure) -> ScriptError {
    var error = TaskObject.error(task, failure)
    error.notes.insert(
      "in task '\(task.name)'" + (task.origin.map { ", spawned at \($0)" } ?? ""), at: 0)
    return error
  }

  // MARK: Prompts

  /// `--on-failure repl`: a prompt in the frames of what failed, before anything is unwound.
  private func openPrompt(_ failure: Failure, on thread: OpaquePointer?) {
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
    show(report)
    Supervisor.sync { Ending.shared.liftTimeout() }
    let frames =
      "The script stands where it failed, and its machines live. locals() lists its variables, up()"
      + " and down() choose the frame, Ctrl-D leaves."
    let noFrames = "The script had come to its end; its machines live. Ctrl-D leaves."
    isAtPrompt = true
    prompt.converse(thread == nil ? noFrames : frames, failing: thread)
    isAtPrompt = false
  }

  /// Shows what the script has failed of before its end.
  func show(_ report: Report) {
    if let show = options.show { show(report) } else { options.say(report.text) }
    shown = report
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

  // MARK: Judgement

  private func judge(_ main: LuaTask) -> RunResult {
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
  private func awaitEndings() {
    let deadline = Deadline.after(Ending.grace)
    for mortal in machines as [any Mortal] + processes { mortal.awaitEnding(until: deadline) }
  }

  private func failed(_ failure: Failure) -> RunResult {
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

  private func report(_ failure: Failure, reason: Ending.Reason?) -> Report {
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

  private func complete(_ report: Report, fetches: Bool = true) -> Report {
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

  /// Ends the tasks that the script left behind, with their `<close>` handlers.
  private func endTasks() {
    let scheduler = interpreter.scheduler
    let deadline = Deadline.after(Ending.grace)
    for task in scheduler.living {
      scheduler.cancel(task, because: "the script has ended", evenUnbegun: false)
    }
    for task in scheduler.living { scheduler.run(until: task, deadline: deadline) }
  }

  // MARK: Machines

  /// The time-out of waits that have none of their own: 60 s, or 300 s when a machine runs without
  /// KVM, times `--timeout-scale`.
  var defaultTimeout: Double { (isUnderTCG ? 300 : 60) * options.timeoutScale }

  /// The limit of the call that is being made, if it had to wait for a machine's start: for the rest of it
  /// there is what the start has left of its time-out.
  var begunLimit: TimeLimit?

  /// When a wait of the present task with this time-out gives up: `wait.eventually` may set it an
  /// earlier limit.
  func deadline(_ timeout: Double) -> Deadline { limit(timeout).deadline }

  /// The same with what to say then; nil is the default time-out.
  func limit(_ timeout: Double?) -> TimeLimit {
    if let begunLimit, begunLimit.seconds == timeout { return begunLimit }
    return TimeLimit(
      timeout ?? defaultTimeout, cap: interpreter.scheduler.current.flatMap { caps[$0.id] })
  }

  /// Whether `wait.eventually` limits the waits of the running task.
  var isCapped: Bool {
    !caps.isEmpty && interpreter.scheduler.current.map { caps[$0.id] != nil } ?? false
  }

  func host(_ choice: HostCapabilities.Choice) throws(ScriptError) -> HostCapabilities {
    let choice = choice == .auto ? options.accelerator : choice
    if let known = capabilities[choice] { return known }
    do throws(MachineError) {
      let found = try HostCapabilities.find(choice)
      capabilities[choice] = found
      return found
    } catch {
      throw ScriptError(error)
    }
  }

  /// A word that nothing else says, another at each call; it follows from the seed.
  func token() -> String {
    tokenCount += 1
    // The finaliser of SplitMix64.
    var word = seed &+ tokenCount &* 0x9e37_79b9_7f4a_7c15
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    let digits = String((word ^ (word >> 31)) >> 24, radix: 16)
    return String(repeating: "0", count: 10 - digits.count) + digits
  }

  /// `wanted`, with a number behind it if there is one of that name already.
  func uniqueName(_ wanted: String) -> String {
    var name = wanted
    while nameCounts[name] != nil {
      nameCounts[wanted, default: 1] += 1
      name = "\(wanted)-\(nameCounts[wanted]!)"
    }
    nameCounts[name] = 1
    return name
  }

  /// A directory that ends with the run, for state that may be large. The first call also removes
  /// what killed runs have left.
  func volatileDirectory() throws(ScriptError) -> VolatileDirectory {
    Ending.shared.noteWork()
    if !hasRemovedStale {
      hasRemovedStale = true
      VolatileDirectory.removeStale()
    }
    do throws(ProcessError) {
      return try Supervisor.sync { () throws(ProcessError) in try VolatileDirectory.ofRun(.disk) }
    } catch {
      throw ScriptError(
        .missing,
        "there is no place for this run's temporary files: \(error.message); TMPDIR can name another"
      )
    }
  }

  /// A path for a file that ends with the run. One that is only rehearsed gets none, but a name.
  func freshPath(_ hint: String) throws(ScriptError) -> String {
    if let inventory { return inventory.freshPath(hint) }
    let directory = try volatileDirectory()
    return Supervisor.sync { directory.freshPath(hint) }
  }

  func add(_ machine: MachineObject) {
    machines.append(machine)
    if machine.machine.host.accelerator == .tcg { isUnderTCG = true }
    var ends: [any Waking] = [machine.machine.exited, machine.machine.failure]
    if machine.hasForbiddenPatterns { ends.append(machine.machine.console.changed) }
    for end in ends {
      subscriptions.append(end.subscribe { [deaths] in deaths.set((deaths.value ?? 0) + 1) })
    }
  }

  func add(_ process: ProcessObject) {
    processes.removeAll { $0.isDone || $0 === process }
    processes.append(process)
  }

  /// What has been ended with a test: another may have the name.
  func forget(_ things: [any ScriptObject]) {
    for machine in things.compactMap({ $0 as? MachineObject }) {
      machines.removeAll { $0 === machine }
      record.forget(machine.name)
      let machine = machine.machine
      Supervisor.sync { Ending.shared.disown(machine) }
    }
    for process in things.compactMap({ $0 as? ProcessObject }) {
      processes.removeAll { $0 === process }
      record.forget("process-\(process.name)")
    }
  }

  /// The directory of a machine's logs.
  func directory(of machine: String) -> String {
    (try? record.directory(for: machine)) ?? "(none)"
  }

  /// The unasked end of any machine or process, once. During a wait, `lookElsewhere` first lets other tasks
  /// claim an end that they wait for.
  func takeUnclaimedDeath(
    during wait: (any Wait)?, lookElsewhere: () -> Void = {}
  ) -> ScriptError? {
    if wait != nil {
      let count = deaths.value ?? 0
      guard count != lookedAtDeaths else { return nil }
      lookedAtDeaths = count
      lookElsewhere()
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

  private func noteFailedSteps(_ failure: String, _ stack: [String], _ task: UInt64) {
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
