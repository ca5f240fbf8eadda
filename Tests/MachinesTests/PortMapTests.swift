import Events
import Glibc
import Processes
import Testing

@testable import Machines

/// What another process would do to a port.
private enum Intruder {
  /// A socket bound to a port of loopback, or nil; it listens if asked to.
  static func bind(
    _ port: UInt16, reuse: Bool, listens: Bool = false, kind: __socket_type = SOCK_STREAM
  ) -> DescriptorBox? {
    let number = socket(AF_INET, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let socket = Descriptor(owning: number)
    var on: Int32 = 1
    if reuse { setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, 4) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(number, $0, 16) }
    }
    guard code == 0 else { return nil }
    if listens && listen(number, 1) != 0 { return nil }
    return DescriptorBox(socket)
  }

  static func succeeds(_ port: UInt16) -> Bool {
    for reuse in [false, true] where bind(port, reuse: reuse, listens: true) != nil { return true }
    return false
  }
}

@Suite(.serialized) struct PortMapTests {
  @Test @Supervisor func isSortedAndLooksUp() throws {
    let map = try PortMap([.init(guest: 80), .init(guest: 22), .init(guest: 22, transport: .udp)])
    #expect(map.mappings.map(\.guest) == [22, 22, 80])
    #expect(map.mappings.map(\.transport) == [.tcp, .udp, .tcp])
    #expect(map[80] == map.mappings[2].host)
    #expect(map[81] == nil)
    #expect(map.forwards()[0] == "tcp:127.0.0.1:\(map[22]!)-:22")
  }

  @Test @Supervisor func holdsAgainstSocketsWithReuse() throws {
    let map = try PortMap([.init(guest: 80)])
    #expect(!Intruder.succeeds(map[80]!))
    let fixed = map[80]!
    #expect(throws: MachineError.self) { try PortMap([.init(guest: 80, host: fixed)]) }
    do {
      _ = try PortMap([.init(guest: 1, host: fixed)])
    } catch {
      #expect(error.kind == .connection)
      #expect(error.message.contains("another port map of this script"))
    }
  }

  @Test @Supervisor func isFreeWithTheMap() throws {
    var port: UInt16 = 0
    do {
      let map = try PortMap([.init(guest: 80)])
      port = map[80]!
    }
    #expect(Intruder.succeeds(port))
  }

  @Test @Supervisor func namesTheOwner() throws {
    let map = try PortMap([.init(guest: 80)])
    let port = map[80]!
    try map.claim(for: "m")
    // This process listens, where QEMU should.
    let listener = Intruder.bind(port, reuse: true, listens: true)
    #expect(listener != nil)
    #expect(throws: MachineError.self) { try map.confirm(pid: 1) }
    try map.confirm(pid: getpid())
    do {
      _ = try PortMap([.init(guest: 80, host: port)])
      Issue.record("the port was had")
    } catch {
      #expect(error.message.contains("process \(getpid()) "))
    }
    listener?.close()
    map.release()
    #expect(!Intruder.succeeds(port))
  }

  @Test @Supervisor func refusesWhatCannotBe() {
    let requests: [[PortMap.Request]] = [
      [.init(guest: 0)], [.init(guest: 1), .init(guest: 1)], [.init(guest: 1, bind: "localhost")],
      [.init(guest: 1, bind: "192.0.2.1")],
    ]
    for request in requests {
      #expect(throws: MachineError.self) { try PortMap(request) }
    }
  }

  /// 200 maps, while threads take and leave whatever ports they can get.
  @Test func twoHundredMapsAmongGrabbers() async throws {
    let stop = Event<Bool>()
    let grabbers = (0..<2).map { index in
      Task.detached {
        while stop.value == nil {
          var mine: [DescriptorBox] = []
          for _ in 0..<50 {
            if let socket = Intruder.bind(0, reuse: index == 0, listens: true) {
              mine.append(socket)
            }
          }
          await Task.yield()
        }
      }
    }
    let maps = try await Self.make(200)
    var seen: Set<UInt16> = []
    for map in maps {
      for mapping in map.mappings { #expect(seen.insert(mapping.host).inserted) }
    }
    #expect(seen.count == 400)
    for map in maps { #expect(!Intruder.succeeds(map[80]!)) }
    stop.set(true)
    for grabber in grabbers { await grabber.value }
  }

  /// The same against another process, whose sockets all have SO_REUSEADDR; and real machines, each
  /// of which has its ports, or says by an error who took one while QEMU started. Never neither.
  @Test @Supervisor func twoHundredMapsAgainstAnotherProcess() async throws {
    let own = String(cString: realpath("/proc/self/exe", nil))
    var command = Command(
      name: "grabber", executable: own[..<own.lastIndex(of: "/")!] + "/ProcessFixture",
      arguments: ["grab-ports"])
    command.standardOutput = .descriptor("out")
    let (reader, writer) = try Descriptor.pipe().split()
    let grabber = try Launcher.launch(command, descriptors: ["out": writer])
    var said = Array(repeating: UInt8(0), count: 16)
    #expect(read(reader.number, &said, said.count) > 0)
    let requests: [PortMap.Request] = [
      .init(guest: 80), .init(guest: 443), .init(guest: 53, transport: .udp),
    ]
    let maps = try (0..<200).map { _ throws(MachineError) in try PortMap(requests) }
    let keys = maps.flatMap { $0.mappings.map { "\($0.transport) \($0.host)" } }
    #expect(Set(keys).count == 600)
    let scratch = Scratch()
    var machines: [(Machine, PortMap)] = []
    for (index, map) in maps.prefix(6).enumerated() {
      var specification = MachineSpecification.small("m\(index)")
      specification.userNetwork = .automatic
      specification.ports = map
      let machine = try Machine(
        specification, host: tcg, directory: "\(scratch.path)/m\(index)")
      try machine.start()
      machines.append((machine, map))
    }
    for (machine, map) in machines {
      if await machine.settled.wait(until: .after(60)) == true, machine.failure.value == nil {
        for mapping in map.mappings {
          #expect(PortOwner.find(mapping.host, mapping.transport)?.pid == machine.pid)
        }
      } else {
        let exit = machine.exited.value?.error(machine: machine.name)
        let error = try #require(machine.failure.value ?? exit)
        #expect(error.kind == .connection && error.message.contains("process \(grabber.pid) "))
      }
    }
    for map in maps.dropFirst(6) {
      for mapping in map.mappings {
        let owner = PortOwner.find(mapping.host, mapping.transport)
        #expect(owner?.pid == (mapping.transport == .tcp ? nil : getpid()))
      }
    }
    await grabber.stop(.kill)
    for (machine, _) in machines { await machine.kill() }
  }

  @Test @Supervisor func aTakenUDPPortIsTold() async throws {
    let scratch = Scratch()
    let map = try PortMap([.init(guest: 53, transport: .udp)])
    let port = map.mappings[0].host
    var specification = MachineSpecification.small("udp")
    specification.userNetwork = .automatic
    specification.ports = map
    let machine = try Machine(specification, host: tcg, directory: scratch.path + "/udp")
    try machine.start()
    // The map has let go of it, and QEMU is not there yet.
    let thief = Intruder.bind(port, reuse: false, kind: SOCK_DGRAM)
    try #require(thief != nil)
    let ended = try #require(await machine.exited.wait(until: .after(30)))
    let error = ended.error(machine: "udp")
    #expect(error.kind == .connection)
    #expect(error.message.contains("udp port \(port) of 127.0.0.1 is in use: process \(getpid()) "))
    thief?.close()
  }

  @Supervisor private static func make(_ count: Int) throws -> [PortMap] {
    try (0..<count).map { _ in try PortMap([.init(guest: 80), .init(guest: 443)]) }
  }

  @Test @Supervisor func qemuHasThePortsBootAfterBoot() async throws {
    let scratch = Scratch()
    let map = try PortMap([.init(guest: 80), .init(guest: 53, transport: .udp)])
    var specification = MachineSpecification.small("ports")
    specification.userNetwork = .automatic
    specification.ports = map
    let machine = try Machine(specification, host: tcg, directory: scratch.path + "/ports")
    for _ in 0..<3 {
      try machine.start()
      #expect(await machine.connected.wait(until: .after(30)) == true)
      #expect(machine.failure.value == nil)
      let owner = try #require(PortOwner.find(map[80]!, .tcp))
      #expect(owner.pid == machine.pid)
      #expect(!Intruder.succeeds(map[80]!))
      await machine.kill()
      #expect(!Intruder.succeeds(map[80]!))
    }
  }

  @Test @Supervisor func qemuFindsItsPortTaken() async throws {
    let scratch = Scratch()
    let map = try PortMap([.init(guest: 80)])
    var specification = MachineSpecification.small("taken")
    specification.userNetwork = .automatic
    specification.ports = map
    let machine = try Machine(specification, host: tcg, directory: scratch.path + "/taken")
    try machine.start()
    let thief = Intruder.bind(map[80]!, reuse: true, listens: true)
    try #require(thief != nil)
    let ended = try #require(await machine.exited.wait(until: .after(30)))
    let error = ended.error(machine: "taken")
    #expect(error.kind == .connection)
    #expect(error.message.contains("process \(getpid()) "))
    thief?.close()
  }
}
