import Machines

/// The plan as a person reads it.
extension Plan {
  /// Columns.
  static let width = 80

  static func size(_ bytes: UInt64) -> String { HostMemory.shown(bytes) }

  /// Lines without a final line feed, with nothing that a terminal would obey.
  public var text: String {
    var page = PlanPage()
    tellOutcome(&page)
    for machine in machines { machine.tell(&page) }
    tellWiring(&page)
    tellResources(&page)
    for process in processes {
      let state = process.isStarted ? "" : ", not started"
      page.head("process \(process.name)\(state)")
      if let directory = process.workingDirectory { page.add("in \(directory)") }
      page.add(variables: process.environment)
      page.add(command: process.command)
    }
    tellHost(&page)
    return page.text
  }

  private func tellOutcome(_ page: inout PlanPage) {
    let title = ([script] + arguments).joined(separator: " ")
    switch outcome {
    case .waiting(let waits):
      page.head("\(title) would run to its first wait (seed \(seed))")
      for wait in waits {
        let place = wait.place.map { "\($0): " } ?? ""
        page.add("\(place)\(wait.task) waits for \(wait.purpose)")
      }
    case .ended: page.head("\(title) would end without a wait (seed \(seed))")
    case .exited(let status):
      page.head("\(title) would end by os.exit with status \(status) (seed \(seed))")
    case .skipped(let reason): page.head("\(title) would not run here: \(reason)")
    case .failed(_, let message, let place):
      page.head("\(title) fails before its first wait (seed \(seed))")
      page.add((place.map { "\($0): " } ?? "") + message)
    }
  }

  private func tellWiring(_ page: inout PlanPage) {
    if !cables.isEmpty { page.head("cables") }
    for cable in cables {
      let ends = cable.ends.map { end in
        end.holders.isEmpty ? "the script" : end.holders.map(\.shown).joined(separator: ", ")
      }
      let carries = cable.carries.map { " (\($0))" } ?? ""
      page.add("\(cable.name)\(carries): \(ends[0]) — \(ends[1])")
    }
    for network in networks {
      page.head("network \(network.name)")
      for port in network.ports {
        let holders =
          port.machines.map { "machine \($0)" } + (port.cable.map { ["cable \($0)"] } ?? [])
        page.add("\(port.name): \(holders.isEmpty ? "free" : holders.joined(separator: ", "))")
      }
      if network.ports.isEmpty { page.add("nobody is on it") }
    }
    if !freePorts.isEmpty { page.head("port maps that no machine has") }
    for mapping in freePorts { page.add(mapping.shown) }
  }

  private func tellResources(_ page: inout PlanPage) {
    func holders(_ machines: [String]) -> String {
      machines.isEmpty ? "no machine has it" : "in \(machines.joined(separator: ", "))"
    }
    if !tpms.isEmpty { page.head("TPMs") }
    for tpm in tpms { page.add("\(holders(tpm.machines)); state in \(tpm.state)") }
    if !disks.isEmpty { page.head("disks of the script's") }
    for disk in disks {
      let size = disk.size.map { ", \(Self.size($0))" } ?? ""
      let origin = disk.original.map { ", over \($0)" } ?? ""
      page.add("\(disk.path): \(disk.format)\(size)\(origin); \(holders(disk.machines))")
    }
  }

  private func tellHost(_ page: inout PlanPage) {
    page.head("the host needs")
    if !machines.isEmpty {
      let room = host.room.map { " of \(Self.size($0))" } ?? ""
      page.add("memory: \(Self.size(host.memory))\(room) for machines that run at the same time")
    }
    for need in host.needs {
      let missing = "missing" + (need.remedy.map { ": \($0)" } ?? "")
      page.add("\(need.name): \(need.path ?? missing)")
    }
    for guest in guests {
      let state =
        !guest.isBuilt
        ? "would be made first, once"
        : guest.isCurrent ? "made" : "made, and a run would look whether a newer is to be had"
      page.add("\(guest.shown): \(state)")
    }
    if let why = host.whyNoKVM { page.add("no KVM: \(why)") }
    if machines.isEmpty && host.needs.isEmpty { page.add("nothing: there is no machine") }
  }
}

extension PortMap.Mapping {
  /// "127.0.0.1:40123 → 80/tcp".
  var shown: String {
    "\(bind):\(host) → \(guest)/\(transport.rawValue)" + (isChosen ? " (any free port)" : "")
  }
}

extension PlannedMachine {
  func tell(_ page: inout PlanPage) {
    let origin = place.map { ", \($0)" } ?? ""
    page.head("machine \(name)\(isStarted ? "" : ", not started")\(origin)")
    let count = processors == 1 ? "1 processor" : "\(processors) processors"
    let boots = guest.map { ", boots \($0)" } ?? ""
    page.add("\(kind), \(Plan.size(memory)), \(count), \(accelerator)\(boots)")
    for interface in interfaces {
      switch interface.link {
      case .cable(let end): page.add("\(interface.id): \(interface.mac), cable \(end)")
      case .port(let network, let port):
        page.add("\(interface.id): \(interface.mac), network \(network), port \(port)")
      }
    }
    if let userNetwork {
      page.add("user network: \(userNetwork)\(hasInternet ? ", with a way out" : "")")
    }
    for mapping in ports { page.add("port: \(mapping.shown)") }
    for channel in channels { page.add("\(channel.place): cable \(channel.cable)") }
    for disk in disks {
      let use = disk.isReadOnly ? "read only" : disk.isKept ? "kept by the script" : "thrown away"
      page.add("disk: \(disk.path), \(disk.format), \(use)")
    }
    for share in shares {
      page.add(
        "share: \(share.tag) = \(share.path), \(share.driver.rawValue)"
          + (share.isReadOnly ? ", read only" : ""))
    }
    if !tags.isEmpty { page.add("tags: \(tags.joined(separator: ", "))") }
    page.add(variables: environment)
    page.add(command: command)
    for helper in helpers { page.add(command: helper) }
  }
}
