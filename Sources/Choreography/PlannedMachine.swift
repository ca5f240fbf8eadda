import Events
import Machines
import Processes
import Scripting

/// A machine of a plan.
public struct PlannedMachine: Sendable {
  public struct Interface: Sendable {
    public enum Link: Sendable {
      /// A cable's end, by its label.
      case cable(String)
      /// A network and the port.
      case port(network: String, port: String)
    }
    /// Of the network backend, such as "net0".
    public var id: String
    public var mac: String
    public var link: Link
  }

  public struct Disk: Sendable {
    public var path: String
    public var format: String
    /// What is written to it lasts as long as the script.
    public var isKept: Bool
    public var isReadOnly: Bool
  }

  public var name: String
  /// The word that made it: "qemu" or "microvm".
  public var kind: String
  /// "file:line".
  public var place: String?
  /// False after start = false.
  public var isStarted: Bool
  public var accelerator: String
  /// Bytes.
  public var memory: UInt64
  /// Those that are there when it starts.
  public var processors: Int
  /// The default guest that it boots, as messages call it.
  public var guest: String?
  /// QEMU and its arguments; descriptors stand by name, as `<net0>`.
  public var command: [String]
  /// Variables that are set for QEMU, or removed.
  public var environment: [(name: String, value: String?)]
  /// The commands of what is started beside QEMU: swtpm, and a virtiofsd for each share.
  public var helpers: [[String]]
  public var interfaces: [Interface]
  /// The MAC address of the user-mode network's interface, if it has one.
  public var userNetwork: String?
  public var hasInternet: Bool
  public var ports: [PortMap.Mapping]
  public var hasTPM: Bool
  public var disks: [Disk]
  public var shares: [Share]
  /// Cables' ends that are no network interfaces: where, and which.
  public var channels: [(place: String, cable: String)]
  public var tags: [String]

  @Supervisor init(_ machine: Machine) {
    let specification = machine.specification
    name = machine.name
    kind = specification.kind == .pc ? "qemu" : "microvm"
    isStarted = machine.bootCount.value ?? 0 > 0
    accelerator = machine.host.accelerator.rawValue
    memory = specification.memory
    processors = specification.topology.online
    command = [specification.binary] + machine.arguments.map(\.description)
    environment = specification.environment.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    helpers = machine.helperCommands.map { [$0.executable] + $0.arguments.map(\.description) }
    interfaces = zip(specification.interfaces.enumerated(), specification.interfaceMACs).map {
      Interface(id: "net\($0.offset)", mac: $1, link: Interface.Link($0.element.link))
    }
    userNetwork = specification.hasUserNetwork ? specification.userNetworkMAC : nil
    hasInternet = specification.userNetwork == .present(internet: true)
    ports = specification.ports?.mappings ?? []
    hasTPM = specification.tpm != nil
    disks = specification.disks.map { drive in
      let options = drive.options
      return Disk(
        path: drive.image.path, format: drive.image.format.rawValue, isKept: options != nil,
        isReadOnly: options.map { $0.isReadOnly || $0.isCDROM } ?? false)
    }
    shares = specification.shares
    let wired = Set(interfaces.map(\.id))
    channels = specification.cableEnds.filter { !wired.contains($0.place) }
      .map { ($0.place, $0.end.label) }
    tags = []
  }
}

extension PlannedMachine.Interface.Link {
  init(_ link: MachineSpecification.Interface.Link) {
    switch link {
    case .cable(let end): self = .cable(end.label)
    case .port(let port):
      let parts = port.label.split(separator: ".", maxSplits: 1).map(String.init)
      self = .port(network: parts.first ?? "", port: parts.last ?? "")
    }
  }
}
