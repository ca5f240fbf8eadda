import Events
import Glibc

extension MachineSpecification {
  /// Whether a reset before the guest is ready may be the boot loader's own: shim resets once under
  /// UEFI with a TPM when it has written its boot entry. A kernel that QEMU loads has no such loader.
  var hasOwnBootLoader: Bool { firmware.files != nil && kernel == nil }

  /// Whether QEMU is given files that end with the run.
  var hasVolatileFiles: Bool {
    if case .kept = firmware { return true }
    return disks.contains { if case .kept = $0 { true } else { false } }
  }

  /// The virtio-mmio transports of a microvm with ACPI (measured with QEMU 7.2).
  static let microVMTransports = 24
  static let settingsLimit = 12
  static let pciSlots = 30

  /// Finds what is wrong with disks, firmware and its settings before anything is started.
  @Supervisor func checkStorage() throws(MachineError) {
    var seen: [KeptDisk] = []
    for drive in disks {
      switch drive {
      case .throwaway(let disk): try named { () throws(MachineError) in try disk.check() }
      case .kept(let disk):
        if seen.contains(where: { $0 === disk }) {
          throw refuse("a disk {} is given twice: make another for the second")
        }
        seen.append(disk)
        try named { () throws(MachineError) in try disk.check() }
      }
    }
    if let files = firmware.files {
      if kind == .microvm {
        throw refuse("QEMU's microvm has no UEFI: use qemu {} for a machine with other firmware")
      }
      try named { () throws(MachineError) in try files.check() }
      // Without an EFI stub UEFI finds nothing to start, and goes on to its shell.
      if let kernel, !absentFiles.contains(kernel), !ImageHeader.isProgramOfUEFI(kernel) {
        throw refuse(
          "kernel '\(kernel)' is no program that UEFI can start: give a bzImage with an EFI stub, as"
            + " distributions have it in /boot")
      }
    }
    var names: Set<String> = []
    for setting in settings {
      guard names.insert(setting.name).inserted else {
        throw refuse("fw_cfg has '\(setting.name)' twice")
      }
      if case .file(let path) = setting.source { try checkFile(path, "fw_cfg file") }
    }
    // QEMU has 32 names for itself and everybody, and aborts beyond (fw_cfg.c, 7.2): a q35 takes 16.
    if settings.count > Self.settingsLimit {
      throw refuse(
        "\(settings.count) fw_cfg entries are too many: QEMU takes some \(Self.settingsLimit); put"
          + " them into one")
    }
    try checkTransports()
  }

  /// Adds the machine's name to what is wrong.
  private func named(_ body: () throws(MachineError) -> Void) throws(MachineError) {
    do throws(MachineError) {
      try body()
    } catch {
      throw MachineError(error.kind, "machine '\(name)': \(error.message)", machine: name)
    }
  }

  private func checkTransports() throws(MachineError) {
    let cdroms = disks.contains { $0.options?.isCDROM ?? false } ? 1 : 0
    let blocks = disks.filter { !($0.options?.isCDROM ?? false) }.count
    let cards = interfaces.count + (hasUserNetwork ? 1 : 0)
    // The serial ports' device and the random numbers' come first.
    let count = 2 + blocks + cdroms + cards + shares.count + extraTransports
    guard kind == .microvm else {
      // pvpanic's too; slots 0 and 31 of a q35 are its own.
      if architecture.isX86 && hasPCI && count + 1 > Self.pciSlots {
        throw refuse(
          "\(count + 1) devices are too many: a q35 has \(Self.pciSlots) slots for them")
      }
      return
    }
    guard count <= Self.microVMTransports else {
      throw refuse(
        "\(count) virtio devices are too many: a microvm's bus takes \(Self.microVMTransports)"
          + " (qemu {} takes more)")
    }
  }

  /// Devices on the bus among the raw arguments: `virtio-…-device`.
  private var extraTransports: Int {
    var count = 0
    var option = ""
    for argument in extraArguments {
      var device = ""
      switch argument {
      case .text(let text):
        if option == "-device" { device = String(text.prefix { $0 != "," }) }
        option = text
      case .options(let table):
        if option == "-device", case .text(let text)? = table.positions.first { device = text }
        option = ""
      }
      if device.hasPrefix("virtio-"), device.hasSuffix("-device") { count += 1 }
    }
    return count
  }

  /// What QEMU meant when it refused to start: a disk that another process has, a TPM's state that
  /// swtpm would not take.
  @Supervisor func refusal(_ standardError: String, swtpm words: String) -> MachineError? {
    if let cause = ports?.refusal(standardError) { return cause }
    let question = "Is another process using the image ["
    if let start = standardError.firstRange(of: question)?.upperBound,
      let end = standardError[start...].firstRange(of: "]?")?.lowerBound
    {
      return ImageLock.inUse(String(standardError[start..<end]))
    }
    if let tpm, standardError.contains("TPM result for CMD_INIT") {
      let why = words.split(separator: "\n").first.map { Console.sanitised($0.utf8) }
      return MachineError(
        .usage,
        "swtpm cannot use the TPM state '\(tpm.origin)': \(why ?? "it does not say why")"
          + " (is it of a newer version, or damaged?)")
    }
    return nil
  }
}
