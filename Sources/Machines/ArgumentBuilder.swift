import Processes

/// Turns a specification into QEMU's arguments: a pure function of what it is given. The reason for
/// each option that is not obvious stands beside it.
struct ArgumentBuilder: Sendable {
  /// Where sockets would go.
  enum Wiring: Sendable {
    /// Over descriptors that the machine's process inherits.
    case inherited
    /// Nowhere, or the terminal: a command that works from a shell.
    case standalone
  }

  let specification: MachineSpecification
  let host: HostCapabilities
  let wiring: Wiring
  var arguments: [Argument] = []

  static func arguments(
    for specification: MachineSpecification, host: HostCapabilities, wiring: Wiring = .inherited
  ) -> [Argument] {
    var builder = ArgumentBuilder(specification: specification, host: host, wiring: wiring)
    builder.build()
    return builder.arguments
  }

  var isMicroVM: Bool { specification.kind == .microvm }
  var isKVM: Bool { host.accelerator == .kvm }
  var architecture: Architecture { specification.architecture }
  var identity: MachineIdentity {
    MachineIdentity(seed: specification.seed, name: specification.name)
  }

  mutating func add(_ arguments: Argument...) { self.arguments += arguments }

  private mutating func build() {
    // Shown by ps and in QEMU's own messages.
    add("-name", "guest=\(OptionTable.escapeCommas(specification.name))")
    // Nothing but what is asked for here, whatever the host's own configuration says.
    add("-nodefaults", "-no-user-config", "-nographic")
    addBoard()
    addFirmware()
    addBoot()
    addMonitor()
    addConsole()
    addDisks()
    addNetwork()
    addTPM()
    addShares()
    // A guest has no entropy to start with, and waits for it; the microvm's share is limited to
    // 1 KiB a second, so that no guest drains the host.
    if isMicroVM {
      add("-device", "virtio-rng-device,max-bytes=1024,period=1000")
    } else if specification.hasPCI {
      add("-device", "virtio-rng-pci")
    }
    addPorts()
    // Tells a kernel's panic from a reboot. A microvm has neither PCI nor the ACPI entry for it.
    if specification.hasPCI { add("-device", "pvpanic-pci") }
    // A reboot that nobody asked for is the end: most often it is a crash.
    // Where a boot loader may want one for itself, QMP forbids them when the guest is ready.
    if !specification.allowsReboot && !specification.hasOwnBootLoader { add("-no-reboot") }
    addExtra()
  }

  private mutating func addBoard() {
    if !isMicroVM {
      if let board = specification.board { add("-machine", Argument(board)) }
    } else if isKVM {
      // No legacy device at all: the kernel probes none and boots faster.
      add("-machine", "microvm,x-option-roms=off,pic=off,pit=off,rtc=off,isa-serial=off")
    } else {
      // Under TCG that set leaves the kernel without a clock to calibrate the TSC by: it hangs.
      add("-machine", "microvm")
    }
    add("-accel", Argument(host.accelerator.rawValue))
    // "host" needs KVM; "max" is all that TCG can do.
    if isKVM {
      add("-cpu", "host")
    } else if specification.board != nil || isMicroVM, let processor = architecture.processor {
      add("-cpu", Argument(processor))
    }
    add("-m", Argument(memory))
    let topology = specification.topology
    add(
      "-smp",
      """
      cpus=\(topology.online),sockets=\(topology.sockets),cores=\(topology.cores),\
      threads=\(topology.threads),maxcpus=\(topology.total)
      """)
    add("-uuid", Argument(identity.uuid))
  }

  /// Whole MiB where it comes out even, else KiB.
  var memory: String {
    let (kib, mib) = (UInt64(1) << 10, UInt64(1) << 20)
    let bytes = specification.memory
    return bytes % mib == 0 ? "\(bytes / mib)M" : "\(bytes / kib + (bytes % kib == 0 ? 0 : 1))k"
  }

  private mutating func addBoot() {
    guard let kernel = specification.kernel else { return }
    add("-kernel", Argument(kernel))
    if let initramfs = specification.initramfs { add("-initrd", Argument(initramfs)) }
    add("-append", Argument(commandLine))
  }

  private var commandLine: String {
    var words: [String] = []
    if isMicroVM {
      // Reset by triple fault: the kernel would try ways first that this machine does not have. The
      // console is virtio's; quiet because each line costs an exit to QEMU.
      words += ["reboot=t", "console=hvc0", "quiet"]
      // Until virtio_console is loaded there is no hvc0: a panic before would be silent. The boot
      // console goes when hvc0 comes. With KVM there is no ISA serial port for it.
      if !isKVM { words.append("earlyprintk=ttyS0") }
    } else {
      if let console = architecture.serialConsole { words.append("console=\(console)") }
    }
    // Under TCG on a busy host the kernel measures the TSC wrong or gives up; so it is told.
    if !isKVM, architecture.isX86, let kilohertz = host.tscKilohertz {
      words.append("tsc_early_khz=\(kilohertz)")
    }
    // Without it a panicked kernel sits there for ever; so it reboots at once, which is seen.
    let own = specification.cmdline.split(separator: " ")
    if !own.contains(where: { $0.hasPrefix("panic=") }) { words.append("panic=-1") }
    if !specification.cmdline.isEmpty { words.append(specification.cmdline) }
    return words.joined(separator: " ")
  }

  private mutating func addMonitor() {
    guard wiring == .inherited else { return }
    add("-chardev", "socket,id=qmp,fd=\(descriptor: "qmp")", "-mon", "chardev=qmp,mode=control")
    // The guest waits for QMP's cont, which is in the socket before QEMU starts and costs nothing:
    // so none of its life is missed, and a cable that is not plugged in never has carrier.
    if !specification.startsPaused { add("-S") }
  }

  private mutating func addTPM() {
    guard specification.tpm != nil, wiring == .inherited else { return }
    add("-chardev", "socket,id=chrtpm,fd=\(descriptor: "tpm")")
    add("-tpmdev", "emulator,id=tpm0,chardev=chrtpm")
    add("-device", "\(architecture.tpmDevice),tpmdev=tpm0")
  }

  private mutating func addExtra() {
    let names = specification.extraEndNames
    for argument in specification.extraArguments {
      switch argument {
      case .text(let text): add(Argument(text))
      case .options(let table): add(table.encoded { names[$0] ?? $0.label })
      }
    }
  }
}
