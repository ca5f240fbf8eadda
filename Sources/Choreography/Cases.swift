import Events
import Glibc
import Machines
import Processes
import Scripting
import Suites

/// The tests of a file, `test("name", function() … end)`: each runs where it is called, fails for
/// itself, and ends what was made in it. A suite that started the run is told of them; without one the
/// person is told of those that failed.
final class Cases {
  private unowned let run: Run
  private let order: FileOrder?
  private let channel: DescriptorBox?
  /// Called, whether wanted or not.
  private var names: Set<String> = []
  private var ranCount = 0
  private var failed: [(name: String, status: Int32)] = []
  private var current: Case?
  private var isTold = false

  /// A test that runs.
  private struct Case {
    var name: String
    var started = Instant.now
    /// What ends with it, oldest first.
    var things: [any ScriptObject] = []
    /// The tasks that were there before.
    var tasks: Set<UInt64>
    var names: [String: Int]
    var tokens: UInt64
    var report: Report?
    var status: Int32 = 0
    var skipped: String?
  }

  init(_ run: Run, _ order: FileOrder?) {
    self.run = run
    self.order = order
    channel = order.map { DescriptorBox(Descriptor(owning: $0.channel)) }
    guard let channel else { return }
    // Both outputs go to one file: what is printed is to stand where it was printed, and to be there
    // if this process is killed.
    run.interpreter.runOwn("io.stdout:setvbuf 'line'", name: "suite")
    _ = channel.use { fcntl($0.number, F_SETFD, FD_CLOEXEC) }
    run.interpreter.scheduler.observer = WaitObserver { [unowned self] waits in
      let pending = self.run.machines.compactMap { machine in
        machine.pendingReason.map { "\(machine.shown) waits for \($0)" }
      }
      tell(.waits(Array((pending + waits).prefix(8))))
    }
  }

  private func tell(_ notice: Notice) {
    // Should the suite be gone, this process is about to be.
    _ = channel?.use { try? $0.writeAll((notice.line + "\n").utf8) }
  }

  // MARK: What internal/case.lua is made of

  /// `case_begin(name, options)`: its time-out, false for none; nil if it is not wanted.
  func begin(_ call: Call) throws(ScriptError) -> Int {
    let name = call.text(1) ?? ""
    let fields = try Fields(call, 2, of: "test", known: ["tags", "timeout"])
    let timeout = try fields.seconds("timeout")
    var tags: [String] = []
    for value in try fields.table("tags")?.positions ?? [] {
      guard case .string = value, let tag = value.text, !tag.isEmpty, !tag.contains(","),
        !tag.hasPrefix("!")
      else { throw fields.wrong("tags", "a list of names without ',' and '!'") }
      tags.append(tag)
    }
    let shown = "test '\(name)'"
    guard run.interpreter.scheduler.current === run.interpreter.scheduler.main else {
      throw .usage("\(shown) is in a task of its own: tests run in the file's main line")
    }
    if let current { throw .usage("\(shown) is inside of test '\(current.name)'") }
    guard !name.isEmpty, names.insert(name).inserted else {
      throw .usage(name.isEmpty ? "a test wants a name" : "there is a \(shown) already")
    }
    if let order, !order.selection.includes(file: order.file, name: name, tags: tags) {
      return call.results(.nil)
    }
    tell(.began(name: name, tags: tags))
    ranCount += 1
    let living = run.interpreter.scheduler.living.map(\.id)
    current = Case(
      name: name, tasks: Set(living), names: run.nameCounts, tokens: run.tokenCount)
    // So that what is random in it is the same when it runs alone.
    run.tokenCount = UInt64(Self.hash(name)) << 24
    run.interpreter.onNewObject = { [unowned self] object in note(object) }
    return call.results(timeout.map { .number($0) } ?? .boolean(false))
  }

  /// What has an end of its own is kept, to be ended.
  private func note(_ object: any ScriptObject) {
    switch object {
    case is MachineObject, is ProcessObject, is PortMapObject, is CaptureObject,
      is ConnectionObject,
      is FramesObject, is GRPCStreamObject, is GuestProcessObject:
      current?.things.append(object)
      if let count = current?.things.count, count.isMultiple(of: 256) {
        current?.things.removeAll { ($0 as? GuestProcessObject)?.hasExited ?? false }
      }
    default: break
    }
  }

  /// `case_failed(error)`: what fails the test, while all that it made is still there.
  func fail(_ call: Call) -> Int {
    fail(call.failure(1))
    return 0
  }

  private func fail(_ failure: Failure) {
    if failure.error?.kind == .cancelled { return }
    if failure.error?.fields["skip"] != nil {
      current?.skipped = failure.error?.message.replacing("skipped: ", with: "", maxReplacements: 1)
      return
    }
    var (report, status) = run.caseReport(failure)
    report.test = current?.name
    current?.report = report
    current?.status = status
  }

  /// `case_note(text)`: a further line of its report.
  func note(_ call: Call) -> Int {
    current?.report?.notes.append(call.text(1) ?? "")
    return 0
  }

  /// `case_things()`: what was made in it, oldest first.
  func things(_ call: Call) -> Int {
    let things = current?.things ?? []
    run.interpreter.onNewObject = nil
    return call.results(.table(Table(positions: things.map { .object($0) })))
  }

  /// `case_end_tasks()`: ends the tasks that were begun in it.
  func endTasks(_ call: Call) throws(ScriptError) -> Int {
    let known = current?.tasks ?? []
    let tasks = run.interpreter.scheduler.living.filter { !known.contains($0.id) }
    return try TasksEnd.cancel(tasks, because: "its test has ended", call)
  }

  /// `case_check()`: raises what went wrong beside its function and was told to nobody.
  func check(_ call: Call) throws(ScriptError) -> Int {
    if let error = run.interpreter.scheduler.main?.takeInterrupt() { throw error }
    if let error = run.takeUnclaimedDeath(during: nil) { throw error }
    return 0
  }

  /// `case_end(failed, error)`.
  func end(_ call: Call) -> Int {
    // The end of what it made has failed.
    if call.boolean(1), current?.report == nil, current?.skipped == nil { fail(call.failure(2)) }
    guard let done = current else { return 0 }
    current = nil
    run.nameCounts = done.names
    run.tokenCount = done.tokens
    run.forget(done.things)
    let seconds = Instant.now.seconds(since: done.started)
    if done.report != nil { failed.append((done.name, done.status)) }
    if order == nil {
      if let report = done.report { run.show(report) }
      if let reason = done.skipped {
        run.options.say("vmscript: test '\(done.name)' skipped: \(reason)")
      }
    }
    tell(
      .ended(
        name: done.name, seconds: seconds, status: done.status, report: done.report?.text,
        skipped: done.skipped))
    return 0
  }

  // MARK: The end of the file

  /// The exit status of a run that ends otherwise well, or as the script says.
  func status(_ status: Int32) -> Int32 {
    guard status == 0, let first = failed.first else { return status }
    return failed.allSatisfy { $0.status == first.status } ? first.status : 1
  }

  /// "2 of 5 tests failed: 'a', 'b'"; nil if none has.
  var summary: String? {
    guard !failed.isEmpty else { return nil }
    let shown = failed.prefix(5).map { "'\($0.name)'" } + (failed.count > 5 ? ["…"] : [])
    return "\(failed.count) of \(ranCount) tests failed: " + shown.joined(separator: ", ")
  }

  /// Tells the suite, once; `report` of what failed beside the tests.
  func fileEnded(_ status: Int32, report: Report? = nil, skipped: String? = nil) {
    guard !isTold else { return }
    isTold = true
    tell(
      .fileEnded(
        status: status, report: report?.text,
        skipped: skipped?.replacing("skipped: ", with: "", maxReplacements: 1),
        tests: names.count, record: run.record.path))
  }

  /// FNV-1a.
  private static func hash(_ text: String) -> UInt32 {
    text.utf8.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }
}
