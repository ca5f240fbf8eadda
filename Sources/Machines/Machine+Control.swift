import Events
import Glibc
import Processes

extension Machine {
  /// Power gone, at once; a good exit. What QEMU had passed to the host's disks survives it.
  public func kill() async {
    guard isRunning, let qemu else { return }
    isEndAsked = true
    await qemu.stop(.kill)
    _ = await exited.wait()
  }

  /// Ends the machine by the stop ladder: QMP quit, SIGTERM, SIGKILL.
  public func stop() async {
    guard isRunning, let qemu else { return }
    isEndAsked = true
    // One that is frozen could answer nothing.
    qemu.signal(SIGCONT)
    let client = qmp
    await qemu.stop(StopLadder(request: { client?.send("quit") }))
    _ = await exited.wait()
  }

  /// It was to be started when there is room, and is not any more: an end that was asked for.
  public func giveUpStart() {
    guard !isRunning else { return }
    exited.set(
      MachineExit(reason: .killed, isAsked: true, wasUp: false, standardError: ""))
  }

  /// A start that had to wait has failed.
  public func startFailed(_ error: MachineError) {
    var error = error
    error.machine = name
    failure.set(error)
  }

  /// Marks an end that the caller brings about through the guest as asked for.
  public func expectEnd() { isEndAsked = true }

  /// Presses the power button; the end that follows is asked for. A guest without ACPI ignores it.
  public func pressPowerButton(until deadline: Deadline = .never) async throws(MachineError) {
    expectEnd()
    _ = try await qmp("system_powerdown", until: deadline)
  }

  /// Presses the reset button, and returns when the guest's next boot begins.
  public func reset(until deadline: Deadline = .never) async throws(MachineError) {
    // A boot that was begun again before counts with the one before, this one does not.
    if let bootsAgain { _ = await bootsAgain.wait(until: deadline) }
    isBootingAgain = false
    timerlessBoots = 0
    try await pressReset(until: deadline)
  }

  func pressReset(until deadline: Deadline = .never) async throws(MachineError) {
    isResetting = true
    defer { isResetting = false }
    let wereAllowed = areRebootsAllowed
    // With -no-reboot a reset ends QEMU.
    try await setReboots(allowed: true, until: deadline)
    resets.clear()
    _ = try await qmp("system_reset", until: deadline)
    guard let boot = await resets.wait(until: deadline) else {
      throw MachineError(.timeout, "machine '\(name)' was not reset in time", machine: name)
    }
    if boot == 0 { throw gone("it was reset") }
    if !wereAllowed { Task { await forbidRebootsAgain() } }
  }

  /// Once the firmware has stopped resetting the machine on its own (see guestReset).
  private func forbidRebootsAgain() async {
    while isRunning, let last = lastReset, isResetting || Instant.now.seconds(since: last) < 1 {
      _ = await exited.wait(until: .after(0.25))
    }
    if isRunning { try? await setReboots(allowed: false) }
  }

  /// Whether a guest's reboot restarts it rather than ends the machine, from now on.
  public func setReboots(
    allowed: Bool, until deadline: Deadline = .never
  ) async throws(MachineError) {
    _ = try await qmp(
      "set-action", ["reboot": allowed ? "reset" : "shutdown"], until: deadline)
    areRebootsAllowed = allowed
  }

  /// The machine and its clocks stop.
  public func pause(until deadline: Deadline = .never) async throws(MachineError) {
    _ = try await qmp("stop", until: deadline)
  }

  /// They go on.
  public func resume(until deadline: Deadline = .never) async throws(MachineError) {
    _ = try await qmp("cont", until: deadline)
    areStopsAsked = false
  }

  /// The machine stops while time goes on: SIGSTOP to QEMU.
  public func freeze() {
    guard isRunning else { return }
    isFrozen = true
    qemu?.signal(SIGSTOP)
    timing.tell("frozen")
  }

  public func thaw() {
    isFrozen = false
    guard isRunning else { return }
    qemu?.signal(SIGCONT)
    timing.tell("thawed")
  }

  /// What QEMU has written to its standard error so far, the end of it.
  public var complaints: String { qemu?.errorOutput ?? "" }

  /// Runs any QMP command; waits until QEMU is up. Errors of kind qmp, timeout and exited.
  public func qmp(
    _ command: String, _ arguments: JSON? = nil, until deadline: Deadline = .never
  ) async throws(MachineError) -> JSON {
    let qmp = try await awaitUp("QMP command '\(command)' was sent", until: deadline)
    if Self.stoppingCommands.contains(command) { areStopsAsked = true }
    if command == "quit" { isEndAsked = true }
    return try await qmp.execute(command, arguments, until: deadline)
  }

  /// Waits until QEMU has answered on QMP; `what` is what its end then came before. Errors of kind
  /// timeout and exited.
  @discardableResult func awaitUp(
    _ what: String, until deadline: Deadline
  ) async throws(MachineError) -> QMP {
    guard isRunning else { throw gone(what) }
    guard let isUp = await settled.wait(until: deadline) else {
      throw MachineError(
        .timeout, "QEMU of machine '\(name)' did not answer in time", machine: name)
    }
    guard isUp, let qmp else { throw gone(what) }
    return qmp
  }

  /// Commands after which a STOP event is no surprise.
  private static let stoppingCommands: Set<String> = [
    "stop", "migrate", "snapshot-save", "snapshot-load", "human-monitor-command",
    "watchdog-set-action",
  ]

  /// Takes a network backend's carrier or gives it back.
  func setCarrier(_ netdev: String, _ up: Bool) async throws(MachineError) {
    guard isRunning, let qmp else { return }
    // It answers when it is thawed, and does it before anything else.
    guard !isFrozen else { return qmp.send("set_link", Self.link(netdev, up)) }
    do throws(MachineError) {
      _ = try await qmp.execute("set_link", Self.link(netdev, up))
    } catch {
      // A machine that has just ended has no carrier to take.
      if error.kind != .exited { throw error }
    }
  }

  private func gone(_ what: String) -> MachineError {
    MachineError(
      .exited, "machine '\(name)' is not running: it ended before \(what), or was never started",
      machine: name)
  }
}
