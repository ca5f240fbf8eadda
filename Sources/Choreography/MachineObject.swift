import Events
import Guests
import Machines
import Scripting

/// A machine as scripts hold it.
final class MachineObject: ScriptObject {
  static let typeName = "machine"
  static let fieldNames = ["boots", "name", "tags"]

  unowned let run: Run
  let machine: Machine
  /// Where the script made it, or started it last.
  var place: Place?
  /// Its end, however it comes about, does not fail the script.
  let mayExit: Bool
  let tags: [String]
  /// It boots vmscript's own guest.
  let isDefaultGuest: Bool
  /// What Linux calls the console that is logged.
  let serialConsole: String
  /// The port map that it has when it runs.
  var ports: PortMap?
  /// What the present start has brought.
  private let boot = Event<MachineBoot>()
  /// The present start, if it had to wait for room.
  private(set) var request: RoomRequest?
  var agent: AgentClient? { boot.value?.agent }
  var delivery: AgentDelivery? { boot.value?.delivery }
  /// Bytes for which it has to find room.
  var declaredMemory: UInt64 = 0
  /// What the default guest's command line begins with, whatever a later start changes.
  var guestCommandLine = ""
  /// What its console may not show, each with how far that was looked for.
  private var forbidden: [(texts: ConsoleTexts, cursor: ConsoleCursor)] = []
  private let isDeliverySole: Bool
  /// The script was told of the present end, or asked for it.
  var isEndClaimed = false
  /// Where `expect` goes on.
  lazy var console = ConsoleCursor(machine)

  var name: String { machine.name }
  var shown: String { "machine '\(name)'" }

  init(
    _ run: Run, _ machine: Machine, place: Place?, mayExit: Bool, tags: [String],
    isDefaultGuest: Bool, isDeliverySole: Bool, serialConsole: String
  ) {
    self.run = run
    self.machine = machine
    self.place = place
    self.mayExit = mayExit
    self.tags = tags
    self.isDefaultGuest = isDefaultGuest
    self.isDeliverySole = isDeliverySole
    self.serialConsole = serialConsole
  }

  /// It was started, or waits for room, and has not ended, as far as is known.
  var isLiving: Bool {
    isPending || machine.bootCount.value ?? 0 > 0 && machine.exited.value == nil
  }

  func field(_ key: Value) -> Value? {
    switch key.text {
    case "name": .string(name)
    case "boots": .integer(Int64(machine.bootCount.value ?? 0))
    case "timing": .init(machine.timing)
    case "tags": .table(Table(positions: tags.map { .string($0) }))
    default: nil
    }
  }

  /// Starts it, or boots it again; returns before QEMU is up, and also if it has to wait for room.
  func start(_ changes: Machine.Changes = .init()) throws(ScriptError) {
    var changes = changes
    if isDefaultGuest, let words = changes.cmdline {
      changes.cmdline = guestCommandLine + (words.isEmpty ? "" : " ") + words
    }
    let (machine, wanted, boot, isSole) = (machine, changes, boot, isDeliverySole)
    let (limits, memory) = (run.options.room, declaredMemory)
    boot.clear()
    do throws(MachineError) {
      if machine.isRehearsal {
        // It takes no room, and tells no other run.
        return try Supervisor.sync { () throws(MachineError) in
          boot.set(try MachineBoot(machine, wanted, isSole: isSole))
        }
      }
      request = try Supervisor.sync { () throws(MachineError) in
        try HostRoom.shared.enter(machine.name, memory: memory, limits) {
          () throws(MachineError) in
          boot.set(try MachineBoot(machine, wanted, isSole: isSole))
        } onFailure: { error in
          machine.startFailed(error)
        }
      }
    } catch {
      // QEMU does not run: its console has no evidence.
      var error = ScriptError(error)
      error.machine = name
      throw error
    }
    isEndClaimed = false
    sayWhyPending()
  }

  func close(_ call: Call) throws(ScriptError) -> Int { try Self.kill(call) }

  // MARK: Forbidden texts

  /// Texts are looked for by the machine; patterns are Lua's, and so by the script's thread.
  func forbid(_ patterns: [ConsoleText]) {
    forbidden = patterns.map { (ConsoleTexts($0), ConsoleCursor(machine)) }
  }

  var hasForbiddenPatterns: Bool { !forbidden.isEmpty }

  /// Fails the machine if its console has shown what matches one of the patterns.
  func lookForForbidden() {
    guard machine.failure.value == nil else { return }
    for (texts, cursor) in forbidden {
      let found = try? cursor.next(texts) { Ending.shared.reason == nil }
      guard let match = found?.values.first?.bytes else { continue }
      let (machine, shown) = (machine, texts.shown)
      Supervisor.sync { machine.showedForbidden(shown, line: Console.sanitised(match)) }
      return
    }
  }

  // MARK: Ends

  /// The error for a wait that this machine's end, or failure, makes hopeless; nil while it lives.
  func deathError(during purpose: String) -> ScriptError? {
    lookForForbidden()
    var error: MachineError
    if let failure = machine.failure.value {
      error = failure
    } else if let exit = machine.exited.value {
      error = exit.error(machine: name)
    } else {
      return nil
    }
    isEndClaimed = true
    return explainedEnd(error, during: "waiting for \(purpose)")
  }

  /// A refused start is the constructor's fault, whenever it is noticed.
  func explainedEnd(_ error: MachineError, during activity: String?) -> ScriptError {
    var error = error
    let isRefusal = machine.exited.value?.isRefusal ?? false
    if let activity, !isRefusal { error.message += " while \(activity)" }
    var result = explained(error)
    if isRefusal { result.place = place }
    return result
  }

  /// An end that nobody asked for or was told of.
  var unclaimedEnd: MachineError? {
    guard !isEndClaimed else { return nil }
    if let failure = machine.failure.value { return failure }
    guard let exit = machine.exited.value, !mayExit, !(exit.isAsked && exit.isGood) else {
      return nil
    }
    return exit.error(machine: name)
  }

  // MARK: Reports

  /// An error of the machine's room with what a person needs to understand it.
  func explained(_ error: MachineError) -> ScriptError {
    var result = ScriptError(error)
    result.machine = name
    if let text = error.standardError {
      result.notes += text.split(whereSeparator: \.isNewline).suffix(6).map {
        $0.hasPrefix("qemu") ? String($0) : "qemu: \($0)"
      }
    }
    result.notes += evidence()
    return result
  }

  private var consoleHint: String {
    if isDefaultGuest { return "" }
    return " (Linux speaks there if its command line has console=\(serialConsole))"
  }

  /// Where it was made, the last lines of its console, what QEMU said, where its logs are.
  func evidence() -> [String] {
    guard machine.bootCount.value ?? 0 > 0, !run.isRehearsal else { return [] }
    return consoleEvidence() + complaints() + agentEvidence()
  }

  /// What begins its evidence.
  private var origin: String {
    place.map { "machine '\(name)' started at \($0)" } ?? "machine '\(name)'"
  }

  /// Whether these notes have its evidence.
  func isEvident(in notes: [String]) -> Bool { notes.contains { $0.hasPrefix(origin) } }

  /// Of a QEMU that has ended, the error tells.
  private func complaints() -> [String] {
    guard machine.exited.value == nil else { return [] }
    let machine = machine
    let text = Supervisor.sync { machine.complaints }
    return text.split(whereSeparator: \.isNewline).suffix(3).map {
      $0.hasPrefix("qemu") ? String($0) : "qemu: \($0)"
    }
  }

  /// Why nobody answers in a guest that lives.
  private func agentEvidence() -> [String] {
    guard let delivery, machine.exited.value == nil, agent?.ready.value == nil else { return [] }
    return Supervisor.sync { delivery.state }.map { ["the guest's agent: \($0)"] } ?? []
  }

  private func consoleEvidence() -> [String] {
    let console = machine.console
    let lines = Supervisor.sync { console.lastLines(6) }
    let logs = "logs: \(run.directory(of: name))"
    guard !lines.isEmpty else {
      return ["\(origin); its console said nothing\(consoleHint)", logs]
    }
    // How long it has been silent is often what tells.
    let now = Console.Line(text: "(now)", seconds: Instant.now.seconds(since: run.started))
    return ["\(origin); last lines of its console:"] + (lines + [now]).map(\.timed) + [logs]
  }
}

extension ScriptError {
  init(_ error: MachineError) {
    self.init(
      Kind(rawValue: error.kind.rawValue) ?? .usage, error.message, machine: error.machine)
    if let code = error.code { fields["code"] = .integer(Int64(code)) }
    if let signal = error.signal { fields["signal"] = .integer(Int64(signal)) }
    if let text = error.standardError { fields["stderr"] = .text(text) }
    if let name = error.qmpClass { fields["class"] = .text(name) }
  }
}
