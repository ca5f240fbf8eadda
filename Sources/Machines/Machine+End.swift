import Events
import Glibc
import Processes

extension Machine {
  /// What QMP tells of the machine's life.
  func take(_ event: QMPEvent) {
    timeline?.tellQMP(event, machine: name)
    switch event.name {
    case "SHUTDOWN": shutdownReason = event.data["reason"]?.text
    case "GUEST_PANICKED":
      hasGuestPanicked = true
      timing.tell("panicked", text: console.panicLine)
    case "RESET": guestReset(isGuests: event.data["guest"]?.boolean ?? false)
    case "BLOCK_IO_ERROR": fail(with: blockError(event.data))
    case "STOP":
      isPaused = true
      timing.tell("paused")
      stopped()
    case "RESUME":
      // The first begins the boot.
      if isPaused { timing.tell("resumed") }
      isPaused = false
    default: break
    }
    for id in handlers.keys.sorted() { handlers[id]?(event) }
  }

  private func guestReset(isGuests: Bool) {
    console.drain()
    if hasGuestPanicked || console.panicLine != nil { fail(with: panicError) }
    hasGuestPanicked = false
    // Still the same boot: the kernel has not begun.
    if isInBootLoader && isGuests { return loaderReset() }
    let last = lastReset
    lastReset = .now
    if isBootingAgain { return resets.set(bootCount.value ?? 0) }
    // SeaBIOS resets a q35 again, up to a dozen times and more with several processors, before it
    // boots after a reset (seen with QEMU 7.2): that is one boot, in which nothing has spoken.
    let snapshot = console.snapshot
    if let last, lastReset!.seconds(since: last) < 1, snapshot.length == snapshot.bootOffset {
      return
    }
    let boots = (bootCount.value ?? 0) + 1
    console.beginBoot()
    timing.begin(boot: boots, byReset: true)
    bootCount.set(boots)
    resets.set(boots)
  }

  /// Without an agent nothing tells when the guest is ready: then one reset is the loader's.
  private func loaderReset() {
    loaderResets += 1
    if loaderResets >= (specification.agentPorts.isEmpty ? 1 : 3) { guestIsReady() }
  }

  /// The agent answers. It has heard that the kernel has run for `uptime` seconds by then, and when in
  /// that time the guest's init began.
  public func agentIsReady(at time: Instant, uptime: Double, initUptime: Double?) {
    timing.reach(.kernel, at: time.advanced(by: -uptime), from: .agent)
    if let initUptime {
      timing.reach(.initial, at: time.advanced(by: initUptime - uptime), from: .agent)
    }
    timing.reach(.ready, at: time)
    guestIsReady()
  }

  /// The guest says that it goes down, and how.
  public func guestGoesDown(_ how: String) { timing.tell("down", text: how) }

  /// The guest has booted: from now on its reboots end the machine, unless they are allowed.
  public func guestIsReady() {
    isBootingAgain = false
    timerlessBoots = 0
    guard isInBootLoader else { return }
    isInBootLoader = false
    Task { @Supervisor in try? await self.setReboots(allowed: specification.allowsReboot) }
  }

  /// The console of the machine has shown what it should not.
  public func showedForbidden(_ text: String, line: String) {
    guard failure.value == nil else { return }
    // Also when the machine has ended meanwhile: a pattern may be found late.
    failure.set(
      MachineError(
        .guestPanic, "the console of machine '\(name)' shows the forbidden \(text): \(line)",
        machine: name))
  }

  private func stopped() {
    // With -no-shutdown a stop is what is left of the end.
    if areStopsAsked || isEndAsked || shutdownReason != nil { return }
    if hasGuestPanicked { return fail(with: panicError) }
    fail(
      with: MachineError(
        .exited, "machine '\(name)' was paused by QEMU, and this script did not ask for it"))
  }

  private var panicError: MachineError {
    let line = console.panicLine.map { ": \($0)" } ?? ""
    return MachineError(.guestPanic, "the guest's kernel panicked in machine '\(name)'\(line)")
  }

  /// By default QEMU pauses a machine whose disk has no room on the host (werror=enospc), and says
  /// so nowhere but here.
  private func blockError(_ data: JSON) -> MachineError {
    let disk = data["device"]?.text ?? data["node-name"]?.text ?? "a disk"
    let operation = data["operation"]?.text ?? "access"
    let reason = data["reason"]?.text ?? "unknown"
    var message = "a \(operation) of \(disk) of machine '\(name)' failed on the host: \(reason)"
    if data["nospace"]?.boolean == true {
      message +=
        " (the changes of disks are kept in \(temporaryDirectory ?? "$TMPDIR"): make room there)"
    }
    return MachineError(.exited, message)
  }

  /// The first failure counts: the others follow from it.
  func fail(with error: MachineError) {
    guard failure.value == nil, isRunning else { return }
    var error = error
    error.machine = name
    failure.set(error)
  }

  func swtpmEnded(_ child: Child) {
    let how =
      switch child.exited.value {
      case .exited(let code): "exited with status \(code)"
      case .signalled(let number): "was ended by signal \(number)"
      case nil: "ended"
      }
    var error = MachineError(.exited, "swtpm, the TPM of machine '\(name)', \(how)", machine: name)
    error.standardError = child.errorOutput
    swtpmError = error
    // When QEMU ends, swtpm ends too and may be seen first.
    Timer(at: .after(0.2)) { [weak self] in
      guard let self, self.swtpm === child, self.qemu?.exited.value == nil else { return }
      self.fail(with: error)
    }
  }

  /// QEMU has been reaped. What it said before is in the sockets still.
  func finish(_ status: ExitStatus) async {
    guard let qemu else { return }
    qmp?.finish()
    let wasUp = connected.value != nil
    console.finish()
    serialRelay?.close()
    await endTPM()
    await endShares()
    let ended = makeExit(status, qemu, wasUp: wasUp)
    release()
    isRunning = false
    resets.set(0)
    settled.set(false)
    timing.end(ended)
    exited.set(ended)
  }

  private func endTPM() async {
    guard let swtpm else { return }
    let isAhead = swtpmError != nil
    // It has been told by the end of its connection, and writes its state first.
    if await swtpm.exited.wait(until: .after(1)) == nil { await swtpm.stop() }
    if !isAhead { swtpmError = nil }
  }

  private func makeExit(_ status: ExitStatus, _ qemu: Child, wasUp: Bool) -> MachineExit {
    let isPanic = hasGuestPanicked || console.panicLine != nil
    let reason = MachineExit.reason(
      status, shutdown: shutdownReason, isPanic: isPanic, isAsked: isEndAsked)
    var ended = MachineExit(
      reason: reason, isAsked: isEndAsked, wasUp: wasUp, standardError: qemu.errorOutput,
      panicLine: console.panicLine)
    switch status {
    case .exited(let code): ended.code = code
    case .signalled(let number): ended.signal = number
    }
    if ended.isRefusal {
      ended.cause =
        specification.refusal(
          ended.standardError, swtpm: swtpm?.errorOutput ?? "") ?? shareRefusal
    }
    return ended
  }

  /// Gives back all that the start took.
  func release() {
    for release in releases.reversed() { release() }
    releases = []
    console.onBytes = { _ in }
  }
}
