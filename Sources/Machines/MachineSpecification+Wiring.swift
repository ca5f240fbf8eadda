extension MachineSpecification {
  /// The ports of a microvm's virtio-serial device, the console being one.
  static let microVMPorts = 16

  /// The names under which agent ports' descriptors are passed.
  var agentDescriptors: [String] {
    agentPorts.indices.map { $0 == 0 ? "agent" : "agent\($0 + 1)" }
  }

  /// Whether the script itself wants the guest to wait.
  var startsPaused: Bool {
    extraArguments.contains { argument in
      if case .text("-S") = argument { true } else { false }
    }
  }

  /// A use of a cable's end that needs a descriptor.
  struct EndUse {
    var descriptor: String
    var end: CableEnd
    var kind: Cable.Kind
    /// The network backend to take carrier from, nil for bytes.
    var netdev: String?
    /// The MAC address of the interface, nil for bytes.
    var mac: String?
  }

  /// All ends that QEMU gets itself, in the order of the arguments. The serial port's is not among
  /// them: the console stands between.
  var endUses: [EndUse] {
    var uses: [EndUse] = []
    for ((index, interface), mac) in zip(interfaces.enumerated(), interfaceMACs) {
      let id = "net\(index)"
      guard case .cable(let end) = interface.link else { continue }
      uses.append(EndUse(descriptor: id, end: end, kind: .frames, netdev: id, mac: mac))
    }
    for (index, channel) in channels.enumerated() {
      uses.append(EndUse(descriptor: "channel\(index)", end: channel.end, kind: .bytes))
    }
    return uses + extraEndUses
  }

  /// All cables' ends that the machine has, with what it has them as: "net0", "channel1", "serial", or
  /// "raw0" for one in a raw argument.
  public var cableEnds: [(end: CableEnd, place: String)] {
    var ends = endUses.map { (end: $0.end, place: $0.descriptor) }
    if case .cable(let end)? = serial { ends.append((end, "serial")) }
    return ends
  }

  /// A use of a network's port.
  struct PortUse {
    /// Of the descriptor, and of the network backend.
    var id: String
    var port: any NetworkPort
    var mac: String
  }

  var portUses: [PortUse] {
    var uses: [PortUse] = []
    for ((index, interface), mac) in zip(interfaces.enumerated(), interfaceMACs) {
      guard case .port(let port) = interface.link else { continue }
      uses.append(PortUse(id: "net\(index)", port: port, mac: mac))
    }
    return uses
  }

  var extraEndNames: [CableEnd: String] {
    Dictionary(extraEndUses.map { ($0.end, $0.descriptor) }) { first, _ in first }
  }

  /// The ends in raw arguments. After `-chardev` (and whatever else) they carry bytes, after
  /// `-netdev` and `-nic` frames; the table's `id` is what set_link takes.
  private var extraEndUses: [EndUse] {
    var uses: [EndUse] = []
    var option = ""
    for argument in extraArguments {
      switch argument {
      case .text(let text): option = text
      case .options(let table):
        let isNetwork = option == "-netdev" || option == "-nic"
        for end in table.cableEnds {
          uses.append(
            EndUse(
              descriptor: "raw\(uses.count)", end: end, kind: isNetwork ? .frames : .bytes,
              netdev: isNetwork ? table.id : nil))
        }
      }
    }
    return uses
  }

  /// Whether a second console, on the ISA serial port, tells what comes before virtio's.
  func hasBootConsole(_ accelerator: HostCapabilities.Accelerator) -> Bool {
    kind == .microvm && accelerator == .tcg
  }
}

extension OptionTable {
  /// The cables' ends in it, in the order in which they are written.
  var cableEnds: [CableEnd] {
    func ends(in value: Value) -> [CableEnd] {
      switch value {
      case .resource(.cable(let end)): [end]
      case .list(let values): values.flatMap(ends)
      default: []
      }
    }
    return positions.flatMap(ends) + ordered.flatMap { ends(in: $0.value) }
  }

  fileprivate var id: String? {
    for (name, value) in keys where name == "id" {
      if case .text(let text) = value { return text }
    }
    return nil
  }
}
