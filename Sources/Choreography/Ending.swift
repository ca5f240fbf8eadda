import Events
import Glibc
import Machines
import Notation
import Processes
import Record
import Scripting
import Synchronization

/// The one way in which all runs end, and what may bring it about: the script's own end, a signal,
/// the run's time-out. It lives on the supervisor, since a script may be stuck in C code: it is
/// asked to end, and after a grace, or at the second signal, it is no longer waited for.
@Supervisor final class Ending {
  nonisolated static let shared = Ending()

  /// Seconds that a script's `<close>` handlers have after a first signal.
  nonisolated static let grace = 5.0

  /// Seconds that taking everything down may last.
  nonisolated static let patience = 20.0

  /// Why the run is to end, other than by the script's own end.
  enum Reason: Sendable {
    case signal(Signal)
    case timeout(Double)

    var status: Int32 {
      switch self {
      case .signal(let signal): signal == .interrupt ? 130 : 128 + signal.number
      case .timeout: 124
      }
    }

    /// Nobody reads the output any more, as after `| head`: that is no failure to tell of.
    var isQuiet: Bool { if case .signal(.pipe) = self { true } else { false } }

    var text: String {
      switch self {
      case .signal(let signal): "interrupted by \(signal.name)"
      case .timeout(let seconds):
        "out of time: the run's --timeout of \(formatted(seconds)) s has passed"
      }
    }
  }

  private struct Shared {
    var reason: Reason?
    var isDelivered = false
    var hasWork = false
  }
  private nonisolated let shared = Mutex(Shared())
  private var machines: [Machine] = []
  private var interrupt: (@Sendable () -> Void)?
  private var say: @Sendable (String) -> Void = { _ in }
  private var isTakingDown = false
  private var record: RunRecord?
  private let isDown = Event<Bool>()
  /// The run is told to end: by a signal, or by its time-out.
  nonisolated let isTold = Event<Bool>()

  nonisolated init() {}

  /// From the script's thread, before the script runs.
  nonisolated func begin(
    _ options: RunOptions, _ record: RunRecord, interrupter: () -> @Sendable () -> Void
  ) {
    let interrupt = interrupter()
    // The script must not begin before a signal would find us.
    Supervisor.sync {
      self.say = options.say
      self.record = record
      Launcher.witness = ChildRecord(record.timeline)
      self.interrupt = interrupt
      do throws(ProcessError) {
        try Signals.install { signal in self.handle(signal) }
      } catch {
        options.say("warning: signals cannot be caught: \(error.message)")
      }
      if let timeout = options.timeout {
        self.limit = Timer(at: .after(timeout)) { self.end(.timeout(timeout)) }
      }
    }
  }

  /// A person looks into the run: it may last.
  func liftTimeout() { limit?.cancel() }

  /// Whether there may be anything to take down: an empty script need not wait for that.
  nonisolated var hasWork: Bool { shared.withLock { $0.hasWork } }
  nonisolated func noteWork() { shared.withLock { $0.hasWork = true } }

  func own(_ machine: Machine) {
    noteWork()
    machines.append(machine)
    if machines.count == 1 { measureLag() }
  }

  /// It has been ended for good.
  func disown(_ machine: Machine) { machines.removeAll { $0 === machine } }

  /// How late, in seconds, a timer of the supervisor's fired at worst since there were machines:
  /// what starves this starves the guests.
  private(set) var lag = 0.0

  private func measureLag() {
    let due = Deadline.after(0.25)
    Timer(at: due) {
      self.lag = max(self.lag, Instant.now.seconds(since: due.instant))
      if !self.isTakingDown { self.measureLag() }
    }
  }

  /// Why the run was told to end.
  nonisolated var reason: Reason? { shared.withLock { $0.reason } }

  /// The error to raise in the script, once.
  nonisolated func takeCancellation() -> ScriptError? {
    shared.withLock { shared in
      guard let reason = shared.reason, !shared.isDelivered else { return nil }
      shared.isDelivered = true
      return ScriptError(.cancelled, reason.text)
    }
  }

  /// How often each signal has come that a script asked for.
  private var asked: [Signal: Event<Int>] = [:]
  /// A prompt, and what makes the script's thread see that what it evaluates was interrupted.
  var keyboard: (keys: PromptKeys, interrupt: @Sendable () -> Void)?
  private var limit: Timer?

  /// Counts the signals of this kind from now on; they have no other effect any more.
  func count(_ signal: Signal) -> Event<Int> {
    if let event = asked[signal] { return event }
    let event = Event<Int>(0)
    asked[signal] = event
    Signals.add(signal)
    return event
  }

  private func handle(_ signal: Signal) {
    if signal == .window { TerminalKeys.resized() }
    if let event = asked[signal] { return event.set((event.value ?? 0) + 1) }
    switch signal {
    case .stop: pause()
    case .resume, .user1, .user2, .window: break
    case .pipe: if isOutputClosed && reason == nil { end(.signal(.pipe)) }
    case .interrupt where reason == nil && keyboard?.keys.interrupt(keyboard!.interrupt) == true:
      break
    default: end(.signal(signal))
    }
  }

  /// A SIGPIPE may come from any pipe or socket. Whoever reads standard output may have gone.
  private var isOutputClosed: Bool {
    var file = pollfd(fd: 1, events: 0, revents: 0)
    return poll(&file, 1, 0) == 1 && file.revents & Int16(POLLERR | POLLHUP) != 0
  }

  /// Ctrl-Z: machines would go on in their own process groups.
  private func pause() {
    // What the script has frozen stays so.
    let running = machines.filter { $0.isRunning && !$0.isFrozen }
    let processes = HostProcess.running
    for machine in running { machine.freeze() }
    for process in processes { process.freeze() }
    TerminalKeys.suspend()
    Signals.stopSelf()
    TerminalKeys.resume()
    keyboard?.keys.redraw()
    for machine in running { machine.thaw() }
    for process in processes { process.thaw() }
  }

  /// Set by what ends a stay; nil when there is none.
  private nonisolated let stay = Mutex<Event<Bool>?>(nil)

  /// From here on a first signal, or the run's time-out, ends the stay and not the run: that goes on to its
  /// end then, and has the status that it had.
  nonisolated func beginStay() -> Event<Bool> {
    let over = Event<Bool>()
    stay.withLock { $0 = over }
    return over
  }

  nonisolated func endStay() { stay.withLock { $0 = nil } }

  private func end(_ reason: Reason) {
    let stay = stay.withLock { stay in
      defer { stay = nil }
      return stay
    }
    if let stay {
      stay.set(true)
      // What the script does at its end may not last for ever, though nobody presses Ctrl-C.
      if case .timeout = reason { Timer(at: .after(Self.grace)) { self.end(reason) } }
      return
    }
    let isFirst = shared.withLock { shared in
      if shared.reason != nil { return false }
      shared.reason = reason
      return true
    }
    guard isFirst else { return leave(reason) }
    isTold.set(true)
    interrupt?()
    Timer(at: .after(Self.grace)) { self.leave(reason) }
  }

  /// Ends the program without the script.
  private func leave(_ reason: Reason) {
    // Taken down, and the script's thread still does not end: a finalizer of its own, perhaps.
    if isDown.value != nil { _exit(reason.status) }
    guard !isTakingDown else { return }
    tell("vmscript: \(reason.text)")
    Task { @Supervisor in
      await takeDown()
      conclude(status: reason.status, error: reason.text)
      _exit(reason.status)
    }
  }

  /// Says something from the supervisor, which must not wait for whoever reads standard error: a
  /// pipe that is full loses the line. One that can be written has room for a page (pipe(7)).
  func tell(_ text: String) {
    var file = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
    if poll(&file, 1, 0) == 1 { say(text) }
  }

  /// Memory ran out in the script's thread under a Swift frame: nothing can be unwound.
  nonisolated static func outOfMemory() -> Never {
    let text = "vmscript: the script has used up all memory\n"
    _ = text.utf8.withContiguousStorageIfAvailable { Glibc.write(2, $0.baseAddress, $0.count) }
    Supervisor.post {
      Task { @Supervisor in
        await shared.takeDown()
        shared.conclude(status: 1, error: "the script has used up all memory")
        _exit(1)
      }
    }
    while true { Glibc.pause() }
  }

  private func conclude(status: Int32, error: String) {
    conclude([
      JSON.Member("status", .integer(Int64(status))),
      JSON.Member("error", ["message": .string(error)]),
    ])
  }

  /// Ends the record, of which `last` is the last line; once.
  func conclude(_ last: [JSON.Member]) {
    guard let record else { return }
    self.record = nil
    record.end(
      last + [JSON.Member("lag", .seconds(lag))],
      [JSON.Member("machines", .array(machines.map { JSON($0) }))])
  }

  /// Ends all machines and children, and removes what is volatile. The same for every ending.
  func takeDown() async {
    guard !isTakingDown else {
      _ = await isDown.wait()
      return
    }
    isTakingDown = true
    HostRoom.shared.close()
    await keyboard?.keys.leave()
    TerminalKeys.takeBack()
    TerminalKeys.endLoan()
    // What cannot be ended (a QEMU in state D) is left to the guardian.
    let watchdog = Timer(at: .after(Self.patience)) {
      self.tell("vmscript: some processes cannot be ended: \(Launcher.living.map(\.pid))")
      let status = self.reason?.status ?? 1
      self.conclude(status: status, error: "some processes cannot be ended")
      _exit(status)
    }
    let stops = machines.map { machine in Task { @Supervisor in await machine.stop() } }
    for stop in stops { await stop.value }
    await Launcher.stopAll()
    VolatileDirectory.removeAll()
    await TerminalOutput.shared.drain(1)
    Guardian.dismiss()
    watchdog.cancel()
    isDown.set(true)
  }
}
