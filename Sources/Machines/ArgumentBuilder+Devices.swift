import Processes

extension ArgumentBuilder {
  /// The address of the user-mode interface of every microvm, fixed so that a guest can tell that
  /// interface from its cables by it.
  static let microVMUserMAC = "02:72:82:bf:c3:56"

  /// A device on the bus that the machine has.
  func device(_ name: String) -> String { name + (isMicroVM ? "-device" : "-pci") }

  mutating func addConsole() {
    switch wiring {
    case .inherited: add("-chardev", "socket,id=console,fd=\(descriptor: "console")")
    // mux for the sake of Ctrl-A X, which ends QEMU; signal=off gives Ctrl-C to the guest.
    case .standalone: add("-chardev", "stdio,id=console,mux=on,signal=off")
    }
    guard isMicroVM else {
      add("-serial", "chardev:console")
      return
    }
    if specification.hasBootConsole(host.accelerator) {
      if wiring == .inherited {
        add("-chardev", "socket,id=boot,fd=\(descriptor: "boot")", "-serial", "chardev:boot")
      } else {
        add("-serial", "chardev:console")
      }
    }
    // Port 0 is the console's; the others are for channels and agents.
    add("-device", "virtio-serial-device,max_ports=\(MachineSpecification.microVMPorts)")
    add("-device", "virtconsole,chardev=console")
  }

  /// Code that the guest cannot change, and variables that it can. Both must be flash memory: UEFI
  /// finds its variables behind its code.
  mutating func addFirmware() {
    if let files = specification.firmware.files {
      let (code, variables) = (files.code, files.variables)
      add(
        "-drive",
        "if=pflash,unit=0,format=\(code.format.rawValue),readonly=on,file=\(code.argument)")
      var isKept = false
      if case .kept = specification.firmware { isKept = true }
      add(
        "-drive",
        """
        if=pflash,unit=1,format=\(variables.format.rawValue),\(isKept ? "" : "snapshot=on,")\
        file=\(variables.argument)
        """)
    }
    for setting in specification.settings {
      let name = OptionTable.escapeCommas(setting.name)
      switch setting.source {
      case .text(let text):
        add("-fw_cfg", "name=\(name),string=\(OptionTable.escapeCommas(text))")
      case .file(let path): add("-fw_cfg", "name=\(name),file=\(OptionTable.escapeCommas(path))")
      }
    }
  }

  mutating func addDisks() {
    var hasSCSI = false
    for (index, drive) in specification.disks.enumerated() {
      let options = drive.options
      let image = drive.image
      add(
        "-drive",
        """
        if=none,id=disk\(index),format=\(image.format.rawValue),\(access(drive)),\
        file=\(image.argument)
        """)
      let serial = options?.serial.map { ",serial=" + OptionTable.escapeCommas($0) } ?? ""
      guard options?.isCDROM == true else {
        add("-device", "\(device("virtio-blk")),drive=disk\(index)\(serial)")
        continue
      }
      // SCSI over virtio: Debian's cloud kernel has no driver for the chipset's own SATA.
      if !hasSCSI { add("-device", "\(device("virtio-scsi")),id=scsi0") }
      hasSCSI = true
      add("-device", "scsi-cd,bus=scsi0.0,drive=disk\(index)\(serial)")
    }
  }

  private func access(_ drive: Drive) -> String {
    // snapshot: changes go to an unlinked temporary file. cache=unsafe: the guest's flushes may be
    // ignored, since nothing of it is kept.
    guard let options = drive.options else { return "snapshot=on,cache=unsafe" }
    if options.isReadOnly || options.isCDROM { return "readonly=on" }
    // What is kept outlives a QEMU that is killed, which holds tables of a qcow2 image in its memory
    // until the guest flushes; a raw image has none.
    return drive.image.format == .raw ? "cache=unsafe" : "cache=writeback"
  }

  mutating func addNetwork() {
    for (index, mac) in specification.interfaceMACs.enumerated() {
      let id = "net\(index)"
      switch (wiring, specification.interfaces[index].link) {
      // The socket is a pair of datagrams: a frame is whole or not there, also when the other
      // machine dies in the middle of one.
      case (.inherited, .cable):
        add("-netdev", "dgram,id=\(id),local.type=fd,local.str=\(descriptor: id)")
      // A stream: many frames go in one system call, and the switch at its other end sees where it
      // ends and finds its place again.
      case (.inherited, .port): add("-netdev", "socket,id=\(id),fd=\(descriptor: id)")
      // An interface whose cable leads nowhere.
      case (.standalone, _): add("-netdev", "hubport,id=\(id),hubid=\(index)")
      }
      add("-device", card(id, mac))
    }
    guard specification.hasUserNetwork else { return }
    var options = "user,id=usernet0,net=10.42.0.0/24,dhcpstart=10.42.0.10"
    // Cuts the way to the host and beyond, not the forwards.
    if specification.userNetwork != .present(internet: true) { options += ",restrict=on" }
    for forward in specification.ports?.forwards() ?? [] { options += ",hostfwd=\(forward)" }
    add("-netdev", Argument(options))
    add("-device", card("usernet0", specification.userNetworkMAC))
  }

  private func card(_ netdev: String, _ mac: String) -> Argument {
    // No boot ROM: nothing boots from the network here, and loading it takes time.
    "\(device("virtio-net")),netdev=\(netdev),mac=\(mac)\(isMicroVM ? "" : ",romfile=")"
  }

  /// The virtio serial ports for agents and channels.
  mutating func addPorts() {
    if specification.agentPorts.isEmpty && specification.channels.isEmpty { return }
    if !isMicroVM { add("-device", "virtio-serial-pci") }
    for (id, name) in zip(specification.agentDescriptors, specification.agentPorts) {
      addPort(id, name: name, isTold: specification.agentPorts.count > 1)
    }
    for (index, channel) in specification.channels.enumerated() {
      addPort("channel\(index)", name: channel.name)
    }
  }

  /// `isTold`: QMP's VSERPORT_CHANGE, which names ports by id, tells when the guest opens it.
  private mutating func addPort(_ id: String, name: String?, isTold: Bool = false) {
    switch wiring {
    case .inherited: add("-chardev", "socket,id=\(id),fd=\(descriptor: id)")
    case .standalone: add("-chardev", "null,id=\(id)")
    }
    let name = name.map { ",name=" + OptionTable.escapeCommas($0) } ?? ""
    let told = isTold ? ",id=\(id)" : ""
    add("-device", "virtserialport,chardev=\(id)\(name)\(told)")
  }
}
