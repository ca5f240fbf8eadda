import Events
import Glibc
import Processes
import Testing

@testable import Machines

@Suite(.serialized) @Supervisor struct MachineTests {
  let scratch = Scratch()

  private func machine(_ specification: MachineSpecification) throws -> Machine {
    try Machine(
      specification, host: tcg, directory: "\(scratch.path)/\(specification.name)",
      temporaryDirectory: scratch.path)
  }

  private func end(_ specification: MachineSpecification) async throws -> MachineExit {
    let machine = try machine(specification)
    try machine.start()
    return try #require(await machine.exited.wait(until: .after(60)))
  }

  @Test func powerOff() async throws {
    let specification = try MachineSpecification.booting(
      "off", "hello\n", then: BootSector.powerOff, in: scratch)
    let machine = try machine(specification)
    let before = machine.arguments
    try machine.start()
    let ended = try #require(await machine.exited.wait(until: .after(60)))
    #expect(ended.reason == .poweroff && ended.code == 0 && ended.isGood && ended.wasUp)
    #expect(machine.console.lastLines().map(\.text).last == "hello")
    #expect(machine.arguments == before)
    #expect(!machine.isRunning)
  }

  @Test func rebootEndsTheMachine() async throws {
    let ended = try await end(
      .booting("reboot", "again\n", then: BootSector.reset, in: scratch))
    #expect(ended.reason == .reboot && ended.code == 0 && !ended.isGood)
    #expect(ended.error(machine: "reboot").kind == .exited)
  }

  @Test func panicThatEndsWithStatusZero() async throws {
    let ended = try await end(
      .booting(
        "panic", "Kernel panic - not syncing: no init", then: BootSector.reset, in: scratch))
    #expect(ended.reason == .panic && ended.code == 0 && !ended.isGood)
    let error = ended.error(machine: "panic")
    #expect(error.kind == .guestPanic)
    #expect(error.message.hasSuffix("Kernel panic - not syncing: no init"))
  }

  @Test func rebootsThatAreAllowed() async throws {
    var specification = try MachineSpecification.booting(
      "loop", "boot\n", then: BootSector.reset, in: scratch)
    specification.allowsReboot = true
    let machine = try machine(specification)
    try machine.start()
    let deadline = Deadline.after(60)
    while machine.bootCount.value! < 3, !deadline.hasPassed {
      _ = await machine.resets.wait(until: deadline)
      machine.resets.clear()
    }
    #expect(machine.bootCount.value! >= 3)
    let snapshot = machine.console.snapshot
    #expect(snapshot.boot == machine.bootCount.value && snapshot.bootOffset > 0)
    await machine.stop()
    #expect(machine.exited.value?.isGood == true)
    #expect(machine.exited.value?.reason == .killed)
  }

  @Test func killIsGood() async throws {
    let machine = try machine(.small("kill"))
    try machine.start()
    await machine.kill()
    let ended = try #require(machine.exited.value)
    #expect(ended.signal == SIGKILL && ended.reason == .killed && ended.isGood)
  }

  @Test func killedBySomebodyElse() async throws {
    let machine = try machine(.small("murder"))
    try machine.start()
    _ = await machine.connected.wait(until: .after(30))
    Glibc.kill(machine.pid!, SIGKILL)
    let ended = try #require(await machine.exited.wait(until: .after(30)))
    #expect(ended.reason == .killed && !ended.isGood)
    #expect(ended.error(machine: "murder").message.contains("out-of-memory killer"))
    let segv = try self.machine(.small("segv"))
    try segv.start()
    _ = await segv.connected.wait(until: .after(30))
    Glibc.kill(segv.pid!, SIGSEGV)
    #expect(await segv.exited.wait(until: .after(30))?.reason == .crashed)
  }

  @Test func refusalCarriesQEMUsWords() async throws {
    var specification = MachineSpecification.small("bad")
    specification.extraArguments = [.text("-device"), .text("no-such-device")]
    let ended = try await end(specification)
    #expect(ended.isRefusal && ended.code == 1)
    let error = ended.error(machine: "bad")
    #expect(error.kind == .launch)
    #expect(error.message.contains("'no-such-device' is not a valid device model name"))
    #expect(error.standardError?.contains("no-such-device") == true)
  }

  @Test func memoryThatIsNotThere() async throws {
    var specification = MachineSpecification.small("big")
    specification.memory = 1 << 46
    check(specification, .memory, "machine 'big' wants 64T of memory, and ")
    let limit = try #require(HostMemory.limit())
    #expect(limit.bytes > 1 << 20)
    // What QEMU itself cannot get.
    specification = .small("big")
    specification.extraArguments = [.text("-m"), .text("64T")]
    #expect(try await end(specification).error(machine: "big").kind == .memory)
    #expect(HostMemory.shown(512 << 20) == "512M" && HostMemory.shown(3 << 29) == "1.5G")
  }

  @Test func missingThingsAreFoundBefore() throws {
    var specification = MachineSpecification.small("m")
    specification.binary = "qemu-system-none"
    check(specification, .missing, "apt-get install qemu-system-x86")
    specification = .small("m")
    specification.kernel = "\(scratch.path)/no-kernel"
    check(specification, .missing, "no-kernel")
    specification = MachineSpecification(.microvm, name: "m", seed: 1)
    check(specification, .usage, "kernel")
    specification.kernel = "/dev/null"
    specification.tpm = try TPM(stateDirectory: scratch.path + "/t")
    check(specification, .usage, "no TPM device")
    specification = .small("m")
    let cable = Cable(name: "c")
    specification.interfaces = [.init(cable.left), .init(cable.left)]
    check(specification, .usage, "given twice")
    specification.interfaces = [.init(cable.left, mac: "01:00:00:00:00:00")]
    check(specification, .usage, "MAC")
    specification.interfaces = [.init(cable.left, mac: "00:00:00:00:00:00")]
    check(specification, .usage, "MAC")
    specification.interfaces = [
      .init(cable.left, mac: "02:00:00:00:00:0A"), .init(cable.right, mac: "02:00:00:00:00:0a"),
    ]
    check(specification, .usage, "two interfaces have the MAC address 02:00:00:00:00:0a")
    specification.interfaces = []
    specification.userNetwork = .present(internet: false)
    specification.userMAC = "nonsense"
    check(specification, .usage, "'nonsense' is no MAC address")
    specification = MachineSpecification(.microvm, name: "m", seed: 1)
    specification.kernel = "/dev/null"
    specification.interfaces = (0..<21).map { .init(Cable(name: "c\($0)").left) }
    #expect(throws: Never.self) {
      try Machine(specification, host: tcg, directory: scratch.path + "/logs")
    }
    specification.extraArguments = [.text("-device"), .text("virtio-balloon-device,id=b")]
    specification.disks = [
      .throwaway(Disk(path: scratch.write("d", [1, 2, 3]), format: .raw))
    ]
    check(specification, .usage, "25 virtio devices are too many: a microvm's bus takes 24")
  }

  private func check(
    _ specification: MachineSpecification, _ kind: MachineError.Kind, _ text: String
  ) {
    refused(kind, text) { () throws(MachineError) in
      _ = try Machine(specification, host: tcg, directory: scratch.path + "/logs")
    }
  }

  /// Both ends of a cable are one network.
  @Test func oneAddressAtBothEndsOfACable() async throws {
    let cable = Cable(name: "c")
    func machine(_ name: String, _ end: CableEnd, _ mac: String) throws -> Machine {
      var specification = MachineSpecification.small(name)
      specification.interfaces = [.init(end, mac: mac)]
      return try self.machine(specification)
    }
    let a = try machine("a", cable.left, "02:00:00:00:00:0a")
    let b = try machine("b", cable.right, "02:00:00:00:00:0A")
    try a.start()
    do throws(MachineError) {
      try b.start()
      Issue.record("both have the address")
    } catch {
      #expect(error.kind == .usage && error.message.contains("at both ends of the cable"))
    }
    await a.kill()
    try b.start()
    await b.kill()
  }

  @Test func serialPortInAFile() async throws {
    let path = scratch.path + "/serial.txt"
    var specification = try MachineSpecification.booting(
      "serial", "hello file\n", then: BootSector.powerOff, in: scratch)
    specification.serial = .sink(SerialFile(path: path))
    let machine = try machine(specification)
    for boots in 1...2 {
      try machine.start()
      _ = try #require(await machine.exited.wait(until: .after(60)))
      let text = Files.read(path) ?? ""
      #expect(text.split(separator: "\n").filter { $0 == "hello file" }.count == boots)
      #expect(Files.read(machine.console.path) == text)
    }
    specification.serial = .sink(SerialFile(path: scratch.path + "/no/such/file"))
    let other = try self.machine(specification)
    #expect(throws: MachineError.self) { try other.start() }
  }

  @Test func typingAndStartingAgain() async throws {
    let machine = try machine(
      .booting("echo", "ready> ", then: BootSector.echo, in: scratch))
    #expect(throws: MachineError.self) { try machine.console.send([0x61]) }
    for boot in 1...2 {
      try machine.start()
      #expect(throws: MachineError.self) { try machine.start() }
      #expect(await machine.printed("ready> "))
      // The unfinished line counts after a while.
      let deadline = Deadline.after(5)
      while machine.console.snapshot.visibleLength < machine.console.snapshot.length,
        !deadline.hasPassed
      {
        machine.console.changed.clear()
        _ = await machine.console.changed.wait(until: .after(1))
      }
      #expect(machine.console.snapshot.visibleLength == machine.console.snapshot.length)
      try machine.console.send(Array("\u{1b}[1mabc\u{1b}[0m\u{7}\nq".utf8))
      let ended = try #require(await machine.exited.wait(until: .after(60)))
      #expect(ended.reason == .poweroff)
      #expect(machine.console.lastLines().map(\.text).suffix(2) == ["ready> abc", "q"])
      #expect(machine.console.snapshot.boot == boot)
      #expect(machine.bootCount.value == boot)
    }
  }

  /// What a guest without a timer gets: the same boot again, five times and no more.
  @Test func bootsBegunAgain() async throws {
    let machine = try machine(.booting("again", "up\n", then: BootSector.halt, in: scratch))
    try machine.start()
    #expect(await machine.printed("up"))
    let resets = Event<Int>(0)
    let subscription = machine.onEvent {
      if $0.name == "RESET" { resets.set((resets.value ?? 0) + 1) }
    }
    for time in 1...5 {
      let seen = resets.value ?? 0
      #expect(machine.guestHasNoTimer()?.contains("machine 'again'") == true)
      let deadline = Deadline.after(60)
      while resets.value == seen, !deadline.hasPassed { _ = await machine.bootsAgain?.wait() }
      #expect(resets.value ?? 0 > seen && machine.timerlessBoots == time)
    }
    #expect(machine.bootCount.value == 1 && machine.console.snapshot.boot == 1)
    #expect(machine.failure.value == nil)
    #expect(machine.guestHasNoTimer() == nil)
    let error = try #require(machine.failure.value)
    #expect(error.kind == .agent && error.message.contains("no timer in 6 boots in a row"))
    // One that a script asks for counts, also right behind one that does not.
    machine.failure.clear()
    machine.guestIsReady()
    #expect(machine.guestHasNoTimer() != nil)
    try await machine.reset(until: .after(60))
    #expect(machine.bootCount.value == 2 && machine.timerlessBoots == 0)
    subscription.cancel()
    await machine.stop()
  }

  @Test func controls() async throws {
    var specification = try MachineSpecification.booting(
      "control", "up\n", then: BootSector.halt, in: scratch)
    specification.agentPorts = ["org.vmscript.agent"]
    let machine = try machine(specification)
    try machine.start()
    #expect(machine.agentChannels.count == 1)
    var names: [String] = []
    let subscription = machine.onEvent { names.append($0.name) }
    // QMP is waited for.
    let status = try await machine.qmp("query-status", until: .after(30))
    #expect(status["running"]?.boolean == true)
    try await machine.pause(until: .after(30))
    #expect(try await machine.qmp("query-status")["status"]?.text == "paused")
    try await machine.resume(until: .after(30))
    #expect(machine.failure.value == nil)
    try await machine.reset(until: .after(30))
    #expect(machine.bootCount.value == 2)
    #expect(names.contains("STOP") && names.contains("RESUME") && names.contains("RESET"))
    subscription.cancel()

    do throws(MachineError) {
      _ = try await machine.qmp("no-such-command")
      Issue.record("it succeeded")
    } catch {
      #expect(error.kind == .qmp && error.qmpClass == "CommandNotFound")
    }
    machine.freeze()
    do throws(MachineError) {
      _ = try await machine.qmp("query-status", until: .after(0.1))
      Issue.record("a frozen QEMU answered")
    } catch {
      #expect(error.kind == .timeout)
    }
    await machine.stop()
    #expect(machine.exited.value?.isGood == true)
    do throws(MachineError) {
      _ = try await machine.qmp("query-status")
      Issue.record("a dead QEMU answered")
    } catch {
      #expect(error.kind == .exited)
    }
  }

  @Test func aStopNobodyAskedFor() async throws {
    let machine = try machine(.small("stopped"))
    try machine.start()
    _ = await machine.connected.wait(until: .after(30))
    // Behind the machine's back.
    machine.qmp!.send("stop")
    let error = try #require(await machine.failure.wait(until: .after(30)))
    #expect(error.kind == .exited && error.message.contains("paused"))
    await machine.kill()
  }

  /// QEMU unlinks the file of a disk's changes when it has made it; killed between, it cannot.
  @Test func changesOfDisksStayInTheirDirectory() async throws {
    let specification = try MachineSpecification.booting(
      "disk", "up\n", then: BootSector.halt, in: scratch)
    let machine = try machine(specification)
    try machine.start()
    _ = await machine.connected.wait(until: .after(30))
    let pid = try #require(machine.pid)
    let links = (Files.names(in: "/proc/\(pid)/fd") ?? []).compactMap {
      Files.link("/proc/\(pid)/fd/\($0)")
    }
    #expect(links.contains { $0.hasPrefix("\(scratch.path)/vl.") && $0.hasSuffix("(deleted)") })
    await machine.kill()
  }

  @Test func hundredQuickEndsLeaveNothing() async throws {
    var children: [Child] = []
    for _ in 0..<20 {
      let machines = try (0..<5).map { try self.machine(.small("quick\($0)")) }
      for machine in machines {
        try machine.start()
        children.append(try #require(machine.qemu))
      }
      for machine in machines { await machine.kill() }
    }
    #expect(children.count == 100)
    #expect(!Launcher.living.contains { child in children.contains { $0 === child } })
  }
}
