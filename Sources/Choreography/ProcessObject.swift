import Events
import Machines
import Scripting

/// `process {}`: a program of the host, as scripts hold it.
final class ProcessObject: ScriptObject {
  static let typeName = "process"
  static let fieldNames = ["name", "pid"]

  unowned let run: Run
  let process: HostProcess
  /// Where the script made it, or started it last.
  private var place: Place?
  /// Its end, however it comes about, does not fail the script.
  let mayExit: Bool
  /// The script was told of the present end, or asked for it.
  var isEndClaimed = false
  /// Wakes the main task at its end.
  private var notice: Subscription?
  /// Where `expect` goes on.
  lazy var console = ConsoleCursor(process.console)

  /// Seconds between SIGTERM and SIGKILL unless the script says.
  static let grace = 5.0
  /// The same at the end of a `<close>` variable: after Ctrl-C all of them together have 5 s.
  static let closingGrace = 1.0

  init(_ run: Run, _ process: HostProcess, place: Place?, mayExit: Bool) {
    self.run = run
    self.process = process
    self.place = place
    self.mayExit = mayExit
  }

  var name: String { process.name }
  var shown: String { "process '\(name)'" }
  var hasStarted: Bool { process.starts.value ?? 0 > 0 }

  func field(_ key: Value) -> Value? {
    switch key.text {
    case "name": return .string(name)
    case "pid":
      let process = process
      return Supervisor.sync { process.pid }.map { .integer(Int64($0)) } ?? .nil
    default: return nil
    }
  }

  func start(_ place: Place?) throws(ScriptError) {
    if let place { self.place = place }
    let process = process
    if !run.isRehearsal { Ending.shared.noteWork() }
    do throws(MachineError) {
      try Supervisor.sync { () throws(MachineError) in try process.start() }
    } catch {
      throw named(ScriptError(error))
    }
    isEndClaimed = false
    notice = process.exited.subscribe { [deaths = run.deaths] in
      deaths.set((deaths.value ?? 0) + 1)
    }
    run.add(self)
  }

  func close(_ call: Call) throws(ScriptError) -> Int { try stop(call, grace: Self.closingGrace) }

  func stop(_ call: Call, grace: Double) throws(ScriptError) -> Int {
    isEndClaimed = true
    let process = process
    // SIGKILL follows in any case: this wait ends a little later.
    let limit = run.options.timeoutScale * 30 + grace
    return try call.wait(
      Operation<ProcessExit?>(run, "the end of \(shown)", timeout: limit) { _ in
        await process.stop(grace: grace)
        return process.exited.value
      } push: { call, exit in
        call.results(exit.map { .table(Table(exit: $0)) } ?? .nil)
      })
  }

  /// As a stream: its standard output to read, its standard input to write to.
  var source: StreamSource {
    let process = process
    return StreamSource(
      run: run, shown: shown, inbox: process.output, outbox: process.outbox,
      write: { bytes throws(MachineError) in
        try Supervisor.sync { () throws(MachineError) in try process.write(bytes) }
      })
  }

  // MARK: Reports

  func explained(_ error: MachineError) -> ScriptError {
    var result = named(ScriptError(error))
    result.notes += evidence()
    return result
  }

  private func named(_ error: ScriptError) -> ScriptError {
    var error = error
    error.fields["process"] = .text(name)
    return error
  }
}

extension ProcessObject: Mortal {
  var machineName: String? { nil }
  var deathWakers: [any Waking] { [process.exited] }
  var hasEnded: Bool { process.exited.value != nil }

  func deathError(during purpose: String) -> ScriptError? {
    guard var error = process.exited.value?.error(process: name) else { return nil }
    isEndClaimed = true
    error.message += " while waiting for \(purpose)"
    return explained(error)
  }

  func awaitEnding(until deadline: Deadline) {
    let process = process
    Supervisor.wait {
      if process.isEnding { _ = await process.exited.wait(until: deadline) }
    }
  }

  func takeUnclaimedEnd(during activity: String?) -> ScriptError? {
    guard !isEndClaimed, !mayExit, let exit = process.exited.value, !exit.isGood else { return nil }
    isEndClaimed = true
    var error = exit.error(process: name)
    if let activity { error.message += " while \(activity)" }
    return explained(error)
  }

  /// Nothing of it can fail the script any more.
  var isDone: Bool {
    guard let exit = process.exited.value else { return false }
    return isEndClaimed || mayExit || exit.isGood
  }

  func evidence() -> [String] {
    guard hasStarted, !run.isRehearsal else { return [] }
    let console = process.console
    let lines = Supervisor.sync { console.lastLines(6) }
    let origin = place.map { "process '\(name)' started at \($0)" } ?? shown
    let said =
      lines.isEmpty
      ? ["\(origin); it said nothing"]
      : ["\(origin); the last lines it wrote:"] + lines.map(\.timed)
    return said + ["logs: \(process.directory)"]
  }
}

extension Table {
  /// `{ code, signal, reason }`.
  init(exit: ProcessExit) {
    self.init(fields: [
      ("code", exit.code.map { .integer(Int64($0)) } ?? .nil),
      ("reason", .string(exit.reason.rawValue)),
      ("signal", exit.signal.map { .integer(Int64($0)) } ?? .nil),
    ])
  }
}
