import Events
import Guests
import Machines
import Processes
import Scripting

/// Reads the fields that `qemu {}` and `microvm {}` take into a specification.
struct MachineFields {
  let run: Run
  let fields: Fields
  var specification: MachineSpecification
  /// Which guest answers, in the default guest's terms.
  private(set) var bootsDefaultGuest = false
  /// The words that the default guest wants on its command line, whatever the script adds.
  private(set) var guestCommandLine = ""
  /// Patterns that the console may not show.
  var forbiddenPatterns: [ConsoleText] = []
  /// Only qemu-guest-agent can bring the agent into the guest.
  private(set) var isDeliverySole = false
  /// Those that its interfaces lead to.
  var networkPorts: [NetworkPortObject] = []
  var mounts: [Mount] = []
  /// What it boots in the place of the plain default guest.
  private var guest: GuestObject?
  var addresses: [(index: Int, address: String?, name: String?)] = []

  static let common = [
    "name", "memory", "cpus", "kernel", "initramfs", "cmdline", "ports", "net", "user_net",
    "serial", "channels", "reboot", "agent", "accel", "qemu", "env", "start", "tags", "may_exit",
    "tpm", "disks", "firmware", "fw_cfg", "forbid", "shares", "guest",
  ]

  init(_ call: Call, _ run: Run, _ kind: MachineSpecification.Kind, what: String)
    throws(ScriptError)
  {
    self.run = run
    fields = try Fields(call, 1, of: what, known: Self.common)
    let name = run.uniqueName(try Self.name(fields) ?? what)
    specification = MachineSpecification(kind, name: name, seed: run.seed)
    specification.isRehearsal = run.isRehearsal
    try readHardware()
    try readBoot()
    try readResources()
    try readRest()
    try checkGuest()
  }

  /// The default guest is for x86-64. Another QEMU boots what raw arguments name.
  private mutating func checkGuest() throws(ScriptError) {
    let architecture = specification.architecture
    // A program that is not there is missed first.
    guard bootsDefaultGuest, architecture.name != "x86_64",
      Launcher.find(specification.binary) != nil
    else { return }
    guard specification.bootsByItself else {
      throw .usage(
        "\(fields.what): the default guest is for x86_64 and '\(specification.binary)' emulates"
          + " \(architecture.name): give it a kernel, disks, firmware, or raw arguments that boot"
          + " something, such as \"-bios\", \"QEMU_EFI.fd\"")
    }
    bootsDefaultGuest = false
  }

  static func name(_ fields: Fields) throws(ScriptError) -> String? {
    guard let name = try fields.string("name") else { return nil }
    let isFit =
      (1...63).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: "-")
      && name.utf8.allSatisfy {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: "-")
          || $0 == UInt8(ascii: "_")
      }
    guard isFit else {
      throw fields.wrong("name", "1 to 63 letters, digits, '-' and '_', as a host name")
    }
    return name
  }

  private mutating func readHardware() throws(ScriptError) {
    if let memory = try fields.size("memory") { specification.memory = memory }
    switch fields.table["cpus"] {
    case .nil: break
    case .integer(let number) where (1...255).contains(number):
      specification.topology = Topology(cores: Int(number))
    case .table(let table):
      let cpus = try Fields(
        table, of: "\(fields.what): cpus", known: ["sockets", "cores", "threads"])
      specification.topology = Topology(
        sockets: Int(try cpus.integer("sockets", in: 1...255) ?? 1),
        cores: Int(try cpus.integer("cores", in: 1...255) ?? 1),
        threads: Int(try cpus.integer("threads", in: 1...255) ?? 1))
    default:
      throw fields.wrong("cpus", "a number from 1 to 255, or { sockets =, cores =, threads = }")
    }
    if let binary = try fields.string("qemu") { specification.binary = binary }
    specification.environment = try fields.strings("env")
  }

  private mutating func readBoot() throws(ScriptError) {
    specification.kernel = try fields.string("kernel")
    specification.initramfs = try fields.string("initramfs")
    specification.cmdline = try fields.string("cmdline") ?? ""
    specification.allowsReboot = try fields.boolean("reboot") ?? false
    if specification.initramfs != nil && specification.kernel == nil {
      throw .usage("\(fields.what): an initramfs needs a kernel; give field 'kernel' too")
    }
    try readDisks()
    try readFirmware()
    try readSettings()
    let hasBootDisk = specification.disks.contains(where: \.isBootable)
    try readGuest()
    bootsDefaultGuest = guest != nil || (specification.kernel == nil && !hasBootDisk)
    if specification.kind == .microvm && specification.kernel == nil && hasBootDisk && guest == nil
    {
      throw .usage("microvm boots no disk by itself; give field 'kernel' too, or use qemu {}")
    }
  }

  private mutating func readGuest() throws(ScriptError) {
    guard fields.isGiven("guest") else { return }
    guard case .object(let object) = fields.table["guest"], let guest = object as? GuestObject
    else { throw fields.wrong("guest", "a guest { … }") }
    if specification.kernel != nil {
      throw .usage(
        "\(fields.what): a guest has its kernel and initramfs: leave either 'guest' or 'kernel' out"
      )
    }
    self.guest = guest
  }

  private mutating func readResources() throws(ScriptError) {
    if fields.isGiven("ports") {
      guard case .object(let object) = fields.table["ports"], let ports = object as? PortMapObject
      else { throw fields.wrong("ports", "a portmap { … }") }
      specification.ports = ports.ports
    }
    if fields.isGiven("tpm") {
      guard case .object(let object) = fields.table["tpm"], let tpm = object as? TPMObject else {
        throw fields.wrong("tpm", "a tpm {}")
      }
      specification.tpm = tpm.tpm
    }
    try readInterfaces()
    try readUserNet()
    try readShares()
    try readSerial()
    try readForbidden()
    guard let channels = try fields.table("channels") else { return }
    for (index, value) in channels.positions.enumerated() {
      guard let end = cableEnd(value) else {
        throw .usage(
          "\(fields.what): channels[\(index + 1)] wants a cable's end, got \(value.shown)")
      }
      specification.channels.append(.init(end))
    }
    for (name, value) in channels.fields {
      guard let end = cableEnd(value) else {
        throw .usage("\(fields.what): channel '\(name)' wants a cable's end, got \(value.shown)")
      }
      specification.channels.append(.init(end, name: name))
    }
  }

  func cableEnd(_ value: Value) -> CableEnd? {
    if case .object(let object) = value { (object as? CableEndObject)?.end } else { nil }
  }

  private mutating func readUserNet() throws(ScriptError) {
    guard fields.isGiven("user_net") else { return }
    switch fields.table["user_net"] {
    case .boolean(let flag):
      specification.userNetwork = flag ? .present(internet: false) : .none
    case .table(let table):
      let user = try Fields(table, of: "\(fields.what): user_net", known: ["internet", "mac"])
      specification.userMAC = try user.string("mac")
      specification.userNetwork = .present(internet: try user.boolean("internet") ?? false)
    default: throw fields.wrong("user_net", "true, false or { internet = true, mac = }")
    }
  }

  private mutating func readRest() throws(ScriptError) {
    for value in fields.table.positions {
      switch value {
      case .string, .integer, .number:
        specification.extraArguments.append(.text(value.text!))
      case .table(let table):
        specification.extraArguments.append(.options(try OptionTable(table)))
      default:
        throw .usage(
          "\(fields.what): a raw argument is a string or an option table, got \(value.shown)")
      }
    }
    try readAgent()
  }

  /// vmscript's agent is the default guest's init. Another guest may have it too, or lets
  /// qemu-guest-agent bring it in.
  private mutating func readAgent() throws(ScriptError) {
    let wanted = fields.table["agent"]
    if case .boolean(false) = wanted { return }
    let name = fields.isGiven("agent") ? wanted.text ?? "" : "auto"
    guard ["auto", "vmscript", "qga"].contains(name) else {
      throw fields.wrong("agent", "\"auto\", \"vmscript\", \"qga\" or false")
    }
    if name == "qga" && bootsDefaultGuest {
      throw .usage(
        "\(fields.what): agent \"qga\" is for guests that have qemu-guest-agent, and this one boots the"
          + " default guest, which has vmscript's own: leave 'agent' out, or give a disk or kernel")
    }
    // Its port is on PCI.
    let hasRoom = specification.kind == .microvm || specification.hasPCI
    if !hasRoom && !fields.isGiven("agent") { return }
    specification.agentPorts = [Self.agentPort]
    if name == "qga" || (name == "auto" && !bootsDefaultGuest) {
      specification.agentPorts.append(Self.guestAgentPort)
    }
    isDeliverySole = name == "qga"
  }

  /// What Linux calls the console that is logged.
  var console: String {
    specification.kind == .microvm ? "hvc0" : specification.architecture.serialConsole ?? "…"
  }

  static let agentPort = "org.vmscript.agent"
  static let guestAgentPort = "org.qemu.guest_agent.0"

  /// Puts the default guest where the script named none, and tells the guest its interfaces.
  mutating func completeBoot(_ host: HostCapabilities) throws(ScriptError) {
    guard bootsDefaultGuest else {
      guard addresses.isEmpty else {
        throw .usage(
          "\(fields.what): names and addresses of interfaces are set in the default guest alone;"
            + " set them in your own guest with vm:sh")
      }
      return try refuseMounts()
    }
    let image = if let guest { guest.image } else { try GuestObject.prepare(run, .init()) }
    if run.options.kernel == nil && specification.memory < image.minimumMemory {
      throw .usage(
        "\(fields.what): field 'memory' is too small: \(guest == nil ? "the default" : "this") guest"
          + " needs '\(image.minimumMemory >> 20)M' at least")
    }
    var words = [GuestImage.commandLine(console: console, name: specification.name)]
    let macs = specification.interfaceMACs
    for (index, address, name) in addresses {
      words.append("vmscript.net=\(macs[index]),\(address ?? ""),\(name ?? "")")
    }
    if specification.hasUserNetwork {
      words.append("vmscript.usernet=\(specification.userNetworkMAC)")
    }
    words += try shareWords(image)
    guestCommandLine = words.joined(separator: " ")
    if !specification.cmdline.isEmpty { words.append(specification.cmdline) }
    specification.kernel =
      specification.kind == .microvm ? image.kernel : image.packedKernel
    specification.initramfs = image.initramfs
    specification.cmdline = words.joined(separator: " ")
  }
}
