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
  // What is not `let` belongs to this file and its neighbours: Run+Failure, +Prompt, +Plan and +Machines.

  /// Of what the run fails.
  var failure: Failure?
  /// The tests of the file.
  lazy var cases = Cases(self, options.order)
  var machines: [MachineObject] = []
  /// Those whose end may still fail the script.
  var processes: [ProcessObject] = []
  /// Set at each end of a machine or process: wakes the main task.
  let deaths = Event<Int>(0)
  var lookedAtDeaths = 0
  /// Captures that were not closed yet.
  var captures: [CaptureObject] = []
  /// What `proto.load` has loaded, the newest last.
  var schemas: [Schema] = []
  /// Limits that `wait.eventually` sets to the waits inside it, by task.
  var caps: [UInt64: Deadline] = [:]
  var subscriptions: [Subscription] = []
  var tokenCount: UInt64 = 0
  var nameCounts: [String: Int] = [:]
  /// The steps that each task is in, outermost first.
  var steps: [UInt64: [String]] = [:]
  /// Those in which an error arose, with its text.
  var failedSteps: (text: String, steps: [String], task: UInt64)?
  var isUnderTCG = false
  var hasRemovedStale = false
  /// What was shown before the end, since the machines were kept or a prompt was opened.
  var shown: Report?
  var hasStayed = false
  /// What all else was doing when the script failed.
  var situation: Situation?
  /// What tasks failed of when main had ended already.
  var strayFailures: [ScriptError] = []
  var isAtPrompt = false
  /// There is none to be had, which was said.
  var lacksPrompt = false
  /// What the script made; nil unless it is only rehearsed.
  let inventory: Inventory?
  var isRehearsal: Bool { inventory != nil }
  var capabilities: [HostCapabilities.Choice: HostCapabilities] = [:]
  /// The limit of the call that is being made, if it had to wait for a machine's start: for the rest of it
  /// there is what the start has left of its time-out.
  var begunLimit: TimeLimit?

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

  /// `os.exit`: takes everything down and ends the program.
  func exit(status: Int32) -> Never {
    if isRehearsal { tellPlan(.exited(status)) }
    let status = cases.status(status)
    cases.fileEnded(status)
    takeDown()
    conclude(RunResult(status: status))
    Glibc.exit(status)
  }

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

  func finish(_ result: RunResult) -> RunResult {
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

  /// Ends the tasks that the script left behind, with their `<close>` handlers.
  func endTasks() {
    let scheduler = interpreter.scheduler
    let deadline = Deadline.after(Ending.grace)
    for task in scheduler.living {
      scheduler.cancel(task, because: "the script has ended", evenUnbegun: false)
    }
    for task in scheduler.living { scheduler.run(until: task, deadline: deadline) }
  }
}
