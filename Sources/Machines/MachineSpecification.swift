/// What a machine is made of: a value, complete but for what the host is found to offer.
public struct MachineSpecification: Sendable {
  public enum Kind: String, Sendable {
    /// A full PC: q35, PCI.
    case pc
    /// QEMU's microvm: virtio over MMIO, direct kernel boot only.
    case microvm
  }

  public var kind: Kind
  public var name: String
  /// Bytes, rounded up to whole KiB.
  public var memory: UInt64
  public var topology: Topology
  /// A program's name, looked up in PATH, or a path.
  public var binary = "qemu-system-x86_64"
  public var kernel: String?
  public var initramfs: String?
  /// Added to the command line that the kind of machine needs; comes last, so that it wins.
  public var cmdline = ""
  public var firmware = Firmware.bios
  public var disks: [Drive] = []
  public var shares: [Share] = []
  /// What the guest finds in QEMU's fw_cfg.
  public var settings: [FirmwareSetting] = []
  public var interfaces: [Interface] = []
  public var userNetwork = UserNetwork.automatic
  /// The MAC address of the user-mode network's interface; nil for the usual one.
  public var userMAC: String?
  public var ports: PortMap?
  public var tpm: TPM?
  /// Where the serial port (on a microvm the console) goes besides the run's log.
  public var serial: SerialTarget?
  /// More virtio serial ports, in order.
  public var channels: [Channel] = []
  /// The names of virtio serial ports for agents, in order: `Machine.agentChannels` has their ends.
  public var agentPorts: [String] = []
  /// Texts that fail the machine when its console shows them.
  public var forbidden: [[UInt8]] = []
  /// Raw arguments, after all others.
  public var extraArguments: [RawArgument] = []
  /// Whether a guest's reboot starts it again rather than ending the machine.
  public var allowsReboot = false
  /// Added to QEMU's environment; nil removes a variable.
  public var environment: [String: String?] = [:]
  /// It is only rehearsed: programs may be missing.
  public var isRehearsal = false
  /// Files that a run would make first: they are not looked for.
  public var absentFiles: Set<String> = []
  /// The run's seed, from which MAC addresses and the UUID follow.
  public var seed: UInt64

  /// A machine of this kind with its defaults: 2048 MiB and one socket of 2 cores of 2 threads, one
  /// of them online, for a pc (as in the launch tool this project grew from), 256 MiB and one
  /// processor for a microvm (more costs boot time, less is short for a distribution's kernel).
  public init(_ kind: Kind, name: String, seed: UInt64) {
    self.kind = kind
    self.name = name
    self.seed = seed
    memory = Self.usualMemory(kind)
    topology = kind == .pc ? Topology(cores: 2, threads: 2, online: 1) : Topology()
  }

  static func usualMemory(_ kind: Kind) -> UInt64 { kind == .pc ? 2048 << 20 : 256 << 20 }

  /// A network interface on a cable or at a network's port.
  public struct Interface: Sendable {
    public var link: Link
    /// The MAC address; nil for one that follows from seed, machine and position.
    public var mac: String?

    public enum Link: Sendable {
      case cable(CableEnd)
      case port(any NetworkPort)
    }

    public init(_ end: CableEnd, mac: String? = nil) {
      link = .cable(end)
      self.mac = mac
    }

    public init(_ port: any NetworkPort, mac: String? = nil) {
      link = .port(port)
      self.mac = mac
    }
  }

  /// The interface of QEMU's user-mode network, 10.42.0.0/24 with DHCP from 10.42.0.10.
  public enum UserNetwork: Sendable, Hashable {
    /// There when there are ports or no other interface; without a way out.
    case automatic
    case none
    case present(internet: Bool)
  }

  /// A virtio serial port at a cable's end.
  public struct Channel: Sendable {
    /// As under /dev/virtio-ports in the guest; nil for a port without a name.
    public var name: String?
    public var end: CableEnd

    public init(_ end: CableEnd, name: String? = nil) {
      self.end = end
      self.name = name
    }
  }

  public var hasUserNetwork: Bool {
    switch userNetwork {
    case .automatic: ports != nil || (interfaces.isEmpty && (kind == .microvm || hasPCI))
    case .none: false
    case .present: true
    }
  }
}
