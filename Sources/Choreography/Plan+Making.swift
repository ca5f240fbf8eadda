import Events
import Guests
import Machines
import Processes
import Scripting

extension Plan {
  /// What a run that is only rehearsed has made so far.
  init(_ run: Run, _ outcome: Outcome) {
    let inventory = run.inventory ?? Inventory()
    script = run.options.scriptName
    arguments = run.options.arguments
    seed = run.seed
    self.outcome = outcome
    let objects = run.machines
    machines = objects.map { object in
      let machine = object.machine
      var planned = Supervisor.sync { PlannedMachine(machine) }
      planned.place = object.place?.description
      planned.tags = object.tags
      planned.guest = Self.guest(planned, inventory)
      return planned
    }
    let specifications = objects.map(\.machine).map { machine in
      Supervisor.sync { (machine.name, machine.specification) }
    }
    cables = inventory.cables.map { Self.cable($0, specifications, inventory) }
    networks = inventory.networks.map { network in
      Network(
        name: network.name,
        ports: network.ports.map { port in
          Network.Port(
            name: port.name, machines: port.machines.map(\.name), cable: port.cable?.end.label)
        })
    }
    freePorts = inventory.portMaps.filter { map in
      !specifications.contains { $0.1.ports === map }
    }.flatMap(\.mappings)
    tpms = inventory.tpms.map { tpm in
      TPM(
        state: tpm.stateDirectory,
        machines: specifications.filter { $0.1.tpm === tpm }.map(\.0))
    }
    disks = inventory.disks.map { Self.disk($0, specifications) }
    processes = inventory.processes.map(Self.process)
    guests = inventory.guests.map { guest in
      Guest(
        shown: guest.shown, kernel: guest.image.packedKernel, initramfs: guest.image.initramfs,
        isBuilt: !guest.image.isAbsent, isCurrent: guest.isCurrent)
    }
    host = Host(memory: 0, room: nil, needs: [], whyNoKVM: nil)
    host = Self.host(self, objects, specifications)
  }

  private typealias Specifications = [(String, MachineSpecification)]

  private static func guest(_ machine: PlannedMachine, _ inventory: Inventory) -> String? {
    guard let index = machine.command.firstIndex(of: "-initrd"),
      machine.command.indices.contains(index + 1)
    else { return nil }
    return inventory.guests.first { $0.image.initramfs == machine.command[index + 1] }?.shown
  }

  private static func cable(
    _ cable: Machines.Cable, _ specifications: Specifications, _ inventory: Inventory
  ) -> Cable {
    let carries = Supervisor.sync { cable.left.kind }
    let ends = [cable.left, cable.right].map { end in
      var holders: [Holder] = []
      for (name, specification) in specifications {
        for use in specification.cableEnds where use.end == end {
          holders.append(Holder(kind: .machine, name: name, place: use.place))
        }
      }
      for object in inventory.processes where object.process.specification.ends.contains(end) {
        holders.append(Holder(kind: .process, name: object.name))
      }
      for network in inventory.networks {
        for port in network.ports where port.cable?.end == end {
          holders.append(Holder(kind: .network, name: network.name, place: port.name))
        }
      }
      return Cable.End(label: end.label, holders: holders)
    }
    return Cable(name: cable.name, carries: carries?.rawValue, ends: ends)
  }

  private static func disk(_ disk: KeptDisk, _ specifications: Specifications) -> Disk {
    let holders = specifications.filter { specification in
      specification.1.disks.contains {
        if case .kept(let other) = $0 { other === disk } else { false }
      }
    }
    return Disk(
      path: disk.image.path, format: disk.image.format.rawValue, size: disk.options.size,
      original: disk.options.original?.path, machines: holders.map(\.0))
  }

  private static func process(_ object: ProcessObject) -> Process {
    let specification = object.process.specification
    return Process(
      name: object.name, isStarted: object.hasStarted,
      command: [specification.program] + specification.words.map(\.description),
      workingDirectory: specification.workingDirectory,
      environment: specification.environment.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  }

  // MARK: What the host would need

  private static func host(
    _ plan: Plan, _ objects: [MachineObject], _ specifications: Specifications
  ) -> Host {
    let started = objects.filter { $0.machine.bootCount.value ?? 0 > 0 }
    let memory = started.reduce(UInt64(0)) { $0 + $1.declaredMemory + HostRoom.overhead }
    var needs: [Need] = []
    func add(_ need: Need) {
      if !needs.contains(where: { $0.name == need.name }) { needs.append(need) }
    }
    for (_, specification) in specifications {
      let binary = specification.binary
      add(
        Need(
          name: binary, path: Launcher.find(binary),
          remedy: specification.architecture.software.remedy))
      if let files = specification.firmware.files {
        let path = files.code.path
        add(
          Need(
            name: "UEFI", path: HostFile.isReadable(path) ? path : nil, remedy: Software.ovmf.remedy
          ))
      }
      if specification.tpm != nil { add(Need("swtpm", .swtpm)) }
      if let server = specification.shares.compactMap(\.server).first {
        add(
          Need(
            name: "virtiofsd", path: server.isThere ? server.path : nil,
            remedy: Software.virtiofsd.remedy))
      }
    }
    if !plan.tpms.isEmpty { add(Need("swtpm", .swtpm)) }
    if plan.guests.contains(where: { !$0.isBuilt }) { add(Need("apt-get", Software("apt"))) }
    for process in plan.processes {
      add(Need(name: process.command[0], path: Launcher.find(process.command[0]), remedy: nil))
    }
    return Host(
      memory: memory, room: HostMemory.room()?.bytes, needs: needs,
      whyNoKVM: objects.compactMap { $0.machine.host.whyNoKVM }.first)
  }
}

extension Plan.Need {
  fileprivate init(_ program: String, _ software: Software) {
    self.init(name: program, path: Launcher.find(program), remedy: software.remedy)
  }
}
