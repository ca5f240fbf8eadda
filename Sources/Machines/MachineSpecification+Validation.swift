import Events
import Glibc
import Processes

extension MachineSpecification {
  /// Finds what cannot work before anything is started. Errors of kind usage and missing.
  @Supervisor func validate() throws(MachineError) {
    try checkShape()
    try checkEnds()
    if Launcher.find(binary) == nil {
      let error = Self.missingBinary(binary, name)
      guard isRehearsal, error.kind == .missing else { throw error }
    }
    if kind == .microvm && !architecture.isX86 {
      throw refuse("QEMU's microvm is a machine of x86: use qemu {} with '\(binary)'")
    }
    try checkFile(kernel, "kernel")
    try checkFile(initramfs, "initramfs")
    try checkShares()
    try checkStorage()
    try checkMemory()
  }

  static func missingBinary(_ binary: String, _ machine: String) -> MachineError {
    if access(binary, F_OK) == 0 && binary.contains("/") {
      return MachineError(
        .usage, "'\(binary)' is not a program that could be QEMU", machine: machine)
    }
    return MachineError(
      .missing,
      "there is no '\(binary)' on this host: \(Architecture(binary: binary).software.remedy)",
      machine: machine)
  }

  func refuse(_ message: String) -> MachineError {
    MachineError(.usage, "machine '\(name)': \(message)", machine: name)
  }

  private func checkShape() throws(MachineError) {
    if name.isEmpty || name.contains("/") { throw refuse("a name is not empty and has no slash") }
    if kind == .microvm && kernel == nil { throw refuse("a microvm needs a kernel to boot") }
    if kind == .microvm && tpm != nil {
      // tpm-tis-device is "not a valid device model name" for it (QEMU 7.2).
      throw refuse("QEMU's microvm has no TPM device: use qemu {} for a machine with a TPM")
    }
    if kernel == nil && (initramfs != nil || !cmdline.isEmpty) {
      throw refuse("initramfs and cmdline go with a kernel, and there is none")
    }
    if memory < 1 << 20 { throw refuse("\(memory) bytes of memory are too few to boot anything") }
    let counts = [topology.sockets, topology.cores, topology.threads, topology.online]
    if counts.contains(where: { $0 < 1 }) || topology.online > topology.total {
      throw refuse("processors are counted from 1, and no more are online than there are")
    }
    let ports = channels.count + agentPorts.count
    if kind == .microvm && ports >= Self.microVMPorts {
      throw refuse(
        "\(channels.count) channels are too many: a microvm has \(Self.microVMPorts - 1)")
    }
    for mac in interfaces.compactMap(\.mac) + (userMAC.map { [$0] } ?? []) where !Self.isMAC(mac) {
      throw refuse("'\(mac)' is no MAC address of an interface, such as 02:00:00:00:00:01")
    }
    var macs: Set<String> = []
    for mac in interfaceMACs + (hasUserNetwork ? [userNetworkMAC] : [])
    where !macs.insert(mac.lowercased()).inserted {
      throw refuse("two interfaces have the MAC address \(mac)")
    }
    if userNetwork == .none && self.ports != nil {
      throw refuse("ports need the user-mode network, which is switched off")
    }
  }

  private func checkEnds() throws(MachineError) {
    var seen: Set<CableEnd> = []
    var ends = endUses.map(\.end)
    if case .cable(let end)? = serial { ends.append(end) }
    for end in ends {
      guard seen.insert(end).inserted else {
        throw refuse(
          "cable end '\(end.label)' is given twice: use both ends of a cable, or another")
      }
    }
  }

  /// What nobody asked for may be more than there is: a guest seldom uses all of it.
  private func checkMemory() throws(MachineError) {
    guard memory > Self.usualMemory(kind), let limit = HostMemory.limit(), memory > limit.bytes
    else { return }
    throw MachineError(
      .memory,
      "machine '\(name)' wants \(HostMemory.shown(memory)) of memory, and \(limit.owner) has"
        + " \(HostMemory.shown(limit.bytes)): give it less", machine: name)
  }

  /// Whether it is the address of an interface, as six octets with colons between them. The multicast
  /// bit, the lowest of the first octet, belongs to groups and not to interfaces.
  public static func isMAC(_ text: String) -> Bool {
    let octets = text.split(separator: ":", omittingEmptySubsequences: false)
    guard octets.count == 6,
      octets.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) })
    else { return false }
    let numbers = octets.compactMap { UInt8($0, radix: 16) }
    return numbers.count == 6 && numbers[0] & 1 == 0 && numbers.contains { $0 != 0 }
  }

  func checkDirectory(_ path: String, _ what: String) throws(MachineError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw MachineError(
        .missing, "machine '\(name)': \(what): '\(path)': \(String(cString: strerror(errno)))")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw refuse("\(what): '\(path)' is no directory")
    }
  }

  func checkFile(_ path: String?, _ what: String) throws(MachineError) {
    guard let path, !absentFiles.contains(path) else { return }
    if access(path, R_OK) == 0 {
      var status = stat()
      // QEMU would wait for a named pipe's writer, and say odd things of directories.
      guard stat(path, &status) == 0 else { return }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: throw refuse("\(what) '\(path)' is a directory")
      case S_IFIFO: throw refuse("\(what) '\(path)' is a named pipe, and QEMU wants a file")
      default: return
      }
    }
    let code = errno
    var message = "\(what) '\(path)' cannot be read: \(String(cString: strerror(code)))"
    // Distributions keep /boot/vmlinuz-* from all but root.
    if code == EACCES { message += " (sudo chmod +r '\(path)', or copy it)" }
    throw MachineError(.missing, "machine '\(name)': \(message)", machine: name)
  }
}
