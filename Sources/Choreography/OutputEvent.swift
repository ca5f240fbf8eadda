import Events
import Glibc
import Machines
import Scripting

/// `x:output(text)`: a machine's console has shown it in this boot, a process has written it since its
/// start; or `expect`, from the last match on.
final class OutputEvent: ScriptObject, Waitable {
  static let typeName = "event"

  /// How a match is given to the script.
  struct Form {
    /// As a table that says where.
    var isTable = false
    /// With the text since the last match.
    var hasBefore = false
    /// No other boot than this will do.
    var boot: Int?
  }

  private let subject: any TextSource
  private let texts: ConsoleTexts
  private let cursor: ConsoleCursor
  private let form: Form
  private let isLevel: Bool
  private var found: ConsoleMatch?

  /// `cursor` nil looks from the beginning of the boot and keeps what it found.
  init(
    _ subject: any TextSource, _ texts: ConsoleTexts, _ form: Form, cursor: ConsoleCursor? = nil
  ) {
    self.subject = subject
    self.texts = texts
    self.form = form
    isLevel = cursor == nil
    self.cursor = cursor ?? ConsoleCursor(subject.textLog)
  }

  /// `output(text, { where })`.
  static func make(_ call: Call) throws(ScriptError) -> Int {
    let subject = call.object(1) as! any TextSource
    let texts = try ConsoleTexts(try call.value(2), of: "output")
    let options = try Fields(call, 3, of: "output", known: ["where"])
    let form = Form(isTable: try options.boolean("where") ?? false)
    return call.results(.object(OutputEvent(subject, texts, form)))
  }

  /// `expect(text, { timeout, where, before })`.
  static func expect(_ call: Call) throws(ScriptError) -> Int {
    let subject = call.object(1) as! any TextSource
    let texts = try ConsoleTexts(try call.value(2), of: "expect")
    let options = try Fields(call, 3, of: "expect", known: ["before", "timeout", "where"])
    let hasBefore = try options.boolean("before") ?? false
    let isTable = try options.boolean("where") ?? false
    let form = Form(isTable: isTable || hasBefore, hasBefore: hasBefore)
    let event = OutputEvent(subject, texts, form, cursor: subject.console)
    return try call.wait(
      EventWait(subject.run, event, timeout: try options.seconds("timeout")))
  }

  /// `console_expect(vm, text, { timeout, boot })`, for the library: as `expect` with `before`, and
  /// fails when the machine boots again.
  static func expectInBoot(_ call: Call) throws(ScriptError) -> Int {
    let object = call.object(1) as! MachineObject
    let texts = try ConsoleTexts(try call.value(2), of: "expect")
    let options = try Fields(call, 3, of: "expect", known: ["boot", "timeout"])
    let boot = try options.integer("boot", in: 0...Int64.max)
    let form = Form(isTable: true, hasBefore: true, boot: boot.map { Int($0) })
    let event = OutputEvent(object, texts, form, cursor: object.console)
    return try call.wait(EventWait(object.run, event, timeout: try options.seconds("timeout")))
  }

  /// `console_length(vm)`: bytes so far, and the number of the boot.
  static func length(_ call: Call) throws(ScriptError) -> Int {
    guard let object = call.object(1) as? MachineObject else { return call.results(.nil) }
    let snapshot = object.machine.console.snapshot
    return call.results(.integer(Int64(snapshot.length)), .integer(Int64(snapshot.boot)))
  }

  var purpose: String { "\(subject.textNoun) \(texts.shown)" }
  var shown: String { "event: \(fullPurpose)" }
  var mortal: (any Mortal)? { subject }
  var machine: MachineObject? { subject as? MachineObject }
  var isForTasks: Bool { subject.needsStart }
  var wakers: [any Waking] { [cursor.changed] }

  func outcome() -> Outcome? { outcome(until: .never) }

  /// A slow pattern is given up when that has passed, or the run is told to end.
  func outcome(until deadline: Deadline) -> Outcome? {
    if let boot = form.boot, cursor.snapshot.boot != boot {
      return .failure(
        ScriptError(
          .agent, "\(subject.shown) has booted again meanwhile", machine: subject.machineName))
    }
    do throws(ScriptError) {
      if isLevel && cursor.followBoot() { found = nil }
      if found == nil || !isLevel {
        found = try cursor.next(texts, wantsBefore: form.hasBefore) {
          !deadline.hasPassed && Ending.shared.reason == nil
        }
      }
    } catch {
      return .failure(error)
    }
    guard let found else { return lossOfText }
    let values = form.isTable ? [.table(found.table)] : found.results
    return .success { call in
      for value in values { call.push(value) }
      return values.count
    }
  }

  /// What is not in the log cannot be found.
  private var lossOfText: Outcome? {
    let error = cursor.snapshot.logError
    guard error != 0 else { return nil }
    return .failure(
      ScriptError(
        .missing,
        "the text of \(subject.shown) cannot be looked at any more: its log"
          + " '\(subject.textLog.path)' cannot be written: \(String(cString: strerror(error)))"
          + "; make room there, or name another place by XDG_STATE_HOME",
        machine: subject.machineName))
  }
}
