import Events
import Glibc
import Processes

extension Machine {
  /// What a later start may change; nil keeps what was.
  public struct Changes: Sendable {
    public var kernel: String?
    public var initramfs: String?
    public var cmdline: String?

    public init(kernel: String? = nil, initramfs: String? = nil, cmdline: String? = nil) {
      self.kernel = kernel
      self.initramfs = initramfs
      self.cmdline = cmdline
    }
  }

  /// Starts the helpers and QEMU, and returns before QEMU is up: `connected` or `exited` tell. Takes
  /// the resources, and gives them back when it throws or the machine has ended.
  public func start(_ changes: Changes = Changes()) throws(MachineError) {
    guard !isRunning else {
      throw MachineError(.usage, "machine '\(name)' is running already", machine: name)
    }
    var changed = specification
    if let kernel = changes.kernel { changed.kernel = kernel }
    if let initramfs = changes.initramfs { changed.initramfs = initramfs }
    if let cmdline = changes.cmdline { changed.cmdline = cmdline }
    try changed.validate()
    specification = changed
    let lastExit = exited.value
    forgetLastBoot()
    do throws(MachineError) {
      try launch()
    } catch {
      swtpm.map { child in _ = Task { @Supervisor in await child.stop(.kill) } }
      abandonShares()
      release()
      if let lastExit { exited.set(lastExit) }
      throw error
    }
  }

  private func forgetLastBoot() {
    connected.clear()
    exited.clear()
    failure.clear()
    settled.clear()
    (qemu, swtpm, qmp, serialRelay) = (nil, nil, nil, nil)
    shareServers = []
    isEndAsked = false
    areStopsAsked = false
    isBootingAgain = false
    timerlessBoots = 0
    bootsAgain = nil
    (isPaused, isFrozen) = (false, false)
    isInBootLoader = specification.hasOwnBootLoader && !specification.allowsReboot
    loaderResets = 0
    areRebootsAllowed = specification.allowsReboot || isInBootLoader
    shutdownReason = nil
    hasGuestPanicked = false
    swtpmError = nil
  }

  private func launch() throws(MachineError) {
    var descriptors: [String: DescriptorBox] = [:]
    try claimEnds(&descriptors)
    try claimStorage()
    try startTPM(&descriptors)
    try startShares(&descriptors)
    if let ports = specification.ports {
      try ports.claim(for: name)
      releases.append { ports.release() }
    }
    do throws(ProcessError) {
      let monitor = try pair("qmp", &descriptors)
      var consoles = [try pair("console", &descriptors)]
      if specification.hasBootConsole(host.accelerator) {
        consoles.append(try pair("boot", &descriptors))
      }
      agentChannels = []
      for name in specification.agentDescriptors {
        agentChannels.append(try pair(name, &descriptors))
      }
      listen(monitor)
      if isRehearsal {
        rehearsed = descriptors
        begin(consoles)
        return
      }
      let child = try startQEMU(descriptors)
      qemu = child
      lastCommandLine = child.commandLine
      begin(consoles)
      Task { @Supervisor in
        if let status = await child.exited.wait() { await self.finish(status) }
      }
    } catch {
      if error.kind == .missing {
        throw MachineSpecification.missingBinary(specification.binary, name)
      }
      throw MachineError(.launch, error.message, machine: name)
    }
  }

  private func begin(_ consoles: [DescriptorBox]) {
    isRunning = true
    console.attach(consoles)
    let boot = (bootCount.value ?? 0) + 1
    timing.begin(boot: boot)
    bootCount.set(boot)
  }

  private func startQEMU(
    _ descriptors: [String: DescriptorBox]
  ) throws(ProcessError) -> Child {
    var command = Command(
      name: "QEMU", executable: specification.binary, arguments: arguments)
    if let temporaryDirectory { command.environment["TMPDIR"] = temporaryDirectory }
    command.environment.merge(specification.environment) { _, own in own }
    command.standardError = .file(directory + "/qemu.log")
    command.machine = name
    return try Launcher.launch(command, descriptors: descriptors)
  }

  /// A connected pair: QEMU's side goes among `descriptors`, the host's is returned.
  private func pair(
    _ name: String, _ descriptors: inout [String: DescriptorBox]
  ) throws(ProcessError) -> DescriptorBox {
    let (ours, theirs) = try Descriptor.pair().split()
    descriptors[name] = theirs
    return ours
  }

  private func carrierSwitch(
    _ netdev: String
  ) -> @Supervisor (Bool) async throws(MachineError) -> Void {
    if isRehearsal { return { _ in } }
    return { [weak self] (plugged) async throws(MachineError) in
      try await self?.setCarrier(netdev, plugged)
    }
  }

  private func claimEnds(_ descriptors: inout [String: DescriptorBox]) throws(MachineError) {
    for use in specification.endUses {
      descriptors[use.descriptor] = try use.end.claim(
        for: name, use.kind, mac: use.mac, setCarrier: use.netdev.map(carrierSwitch))
      releases.append { use.end.release() }
    }
    for use in specification.portUses {
      descriptors[use.id] = try use.port.claim(
        for: name, mac: use.mac, setCarrier: carrierSwitch(use.id))
      releases.append { use.port.release() }
    }
    switch specification.serial {
    case nil: break
    case .sink where isRehearsal: break
    case .sink(let sink):
      try sink.begin(name) { [weak self] bytes in try? self?.console.send(bytes) }
      releases.append { sink.end() }
      console.onBytes = { sink.take($0) }
    case .cable(let serial):
      let relay = ByteStream(try serial.claim(for: name, .bytes).take()!)
      releases.append { serial.release() }
      relay.onBytes = { [weak self] bytes in try? self?.console.send(bytes) }
      serialRelay = relay
      console.onBytes = { [weak relay] bytes in
        // The log has it all; who does not read the other end does not stop the guest.
        guard let relay, relay.queuedCount < CableSide.limit else { return }
        relay.send(bytes)
      }
    }
  }

  private func claimStorage() throws(MachineError) {
    for case .kept(let disk) in specification.disks {
      try disk.claim(for: name)
      releases.append { disk.release() }
    }
    if case .kept(let uefi) = specification.firmware {
      try uefi.claim(for: name)
      releases.append { uefi.release() }
    }
  }

  private func startTPM(_ descriptors: inout [String: DescriptorBox]) throws(MachineError) {
    guard let tpm = specification.tpm else { return }
    if isRehearsal {
      try tpm.claim(for: name)
      releases.append { tpm.release() }
      return
    }
    let started = try tpm.start(for: name, log: directory + "/swtpm.log")
    let child = started.child
    swtpm = child
    descriptors["tpm"] = started.socket
    releases.append { tpm.release() }
    Task { @Supervisor in
      _ = await child.exited.wait()
      // QEMU's end is also swtpm's: only one that QEMU survives is a failure.
      guard self.swtpm === child else { return }
      self.swtpmEnded(child)
    }
  }

  private func listen(_ monitor: DescriptorBox) {
    let client = QMP(monitor.take()!, machine: name) { [weak self] event in self?.take(event) }
    qmp = client
    if let timeline { client.onAnswer = { [name] in $0.tell(timeline, machine: name) } }
    client.onGreeting = { [weak self] in self?.becomeUp() }
    for use in specification.endUses where !use.end.isPlugged {
      if let netdev = use.netdev { client.send("set_link", Self.link(netdev, false)) }
    }
    for use in specification.portUses where !use.port.isPlugged {
      client.send("set_link", Self.link(use.id, false))
    }
    if !specification.startsPaused { client.send("cont") }
  }

  private func becomeUp() {
    // One that has ended already has no ports any more.
    if let qemu, qemu.exited.value == nil { confirmPorts(qemu.pid) }
    connected.set(true)
    settled.set(true)
  }

  private func confirmPorts(_ pid: Int32) {
    do throws(MachineError) {
      try specification.ports?.confirm(pid: pid)
    } catch {
      var lost = error
      lost.machine = name
      failure.set(lost)
    }
  }

  static func link(_ netdev: String, _ up: Bool) -> JSON {
    ["name": .string(netdev), "up": .bool(up)]
  }
}
