import Events
import Processes
import Testing

@testable import Machines

@Suite struct ArgumentTests {
  private func words(_ specification: MachineSpecification, _ host: HostCapabilities) -> [String] {
    ArgumentBuilder.arguments(for: specification, host: host).map(\.description)
  }

  @Supervisor private static func microvm() throws -> MachineSpecification {
    var specification = MachineSpecification(.microvm, name: "m", seed: 1)
    specification.kernel = "/k"
    specification.initramfs = "/i"
    specification.cmdline = "debug"
    specification.interfaces = [.init(Cable(name: "c1").left, mac: "02:00:00:00:00:01")]
    specification.ports = try PortMap([.init(guest: 80)])
    specification.agentPorts = ["org.vmscript.agent"]
    specification.channels = [
      .init(Cable(name: "c2").left), .init(Cable(name: "c3").left, name: "a,b"),
    ]
    return specification
  }

  @Test func microvmUnderTCG() async throws {
    let specification = try await Self.microvm()
    let port = specification.ports![80]!
    #expect(
      words(specification, tcg) == [
        "-name", "guest=m", "-nodefaults", "-no-user-config", "-nographic",
        "-machine", "microvm", "-accel", "tcg", "-cpu", "max", "-m", "256M",
        "-smp", "cpus=1,sockets=1,cores=1,threads=1,maxcpus=1",
        "-uuid", MachineIdentity(seed: 1, name: "m").uuid,
        "-kernel", "/k", "-initrd", "/i", "-append",
        "reboot=t console=hvc0 quiet earlyprintk=ttyS0 tsc_early_khz=2000000 panic=-1 debug",
        "-chardev", "socket,id=qmp,fd=<qmp>", "-mon", "chardev=qmp,mode=control", "-S",
        "-chardev", "socket,id=console,fd=<console>",
        "-chardev", "socket,id=boot,fd=<boot>", "-serial", "chardev:boot",
        "-device", "virtio-serial-device,max_ports=16", "-device", "virtconsole,chardev=console",
        "-netdev", "dgram,id=net0,local.type=fd,local.str=<net0>",
        "-device", "virtio-net-device,netdev=net0,mac=02:00:00:00:00:01",
        "-netdev",
        "user,id=usernet0,net=10.42.0.0/24,dhcpstart=10.42.0.10,restrict=on,"
          + "hostfwd=tcp:127.0.0.1:\(port)-:80",
        "-device", "virtio-net-device,netdev=usernet0,mac=02:72:82:bf:c3:56",
        "-device", "virtio-rng-device,max-bytes=1024,period=1000",
        "-chardev", "socket,id=agent,fd=<agent>",
        "-device", "virtserialport,chardev=agent,name=org.vmscript.agent",
        "-chardev", "socket,id=channel0,fd=<channel0>", "-device",
        "virtserialport,chardev=channel0",
        "-chardev", "socket,id=channel1,fd=<channel1>",
        "-device", "virtserialport,chardev=channel1,name=a,,b",
        "-no-reboot",
      ])
  }

  @Test func microvmUnderKVM() {
    var specification = MachineSpecification(.microvm, name: "m", seed: 1)
    specification.kernel = "/k"
    specification.cmdline = "panic=5"
    specification.userNetwork = .none
    #expect(
      words(specification, kvm) == [
        "-name", "guest=m", "-nodefaults", "-no-user-config", "-nographic",
        "-machine", "microvm,x-option-roms=off,pic=off,pit=off,rtc=off,isa-serial=off",
        "-accel", "kvm", "-cpu", "host", "-m", "256M",
        "-smp", "cpus=1,sockets=1,cores=1,threads=1,maxcpus=1",
        "-uuid", MachineIdentity(seed: 1, name: "m").uuid,
        "-kernel", "/k", "-append", "reboot=t console=hvc0 quiet panic=5",
        "-chardev", "socket,id=qmp,fd=<qmp>", "-mon", "chardev=qmp,mode=control", "-S",
        "-chardev", "socket,id=console,fd=<console>",
        "-device", "virtio-serial-device,max_ports=16", "-device", "virtconsole,chardev=console",
        "-device", "virtio-rng-device,max-bytes=1024,period=1000", "-no-reboot",
      ])
  }

  @Supervisor private static func pc(_ scratch: Scratch) throws -> MachineSpecification {
    var specification = MachineSpecification(.pc, name: "p", seed: 1)
    specification.disks = [
      .throwaway(Disk(path: "/d,1.img", format: .raw)),
      .throwaway(Disk(path: "/d2", format: .qcow2)),
    ]
    specification.tpm = try TPM(stateDirectory: scratch.path + "/tpm")
    specification.userNetwork = .present(internet: true)
    specification.allowsReboot = true
    specification.topology = Topology(sockets: 2, cores: 2)
    specification.extraArguments = [
      .text("-device"),
      .options(
        OptionTable(positions: [.text("virtio-balloon-pci")], keys: [("id", .text("b"))])),
      .text("-netdev"),
      .options(
        OptionTable(
          positions: [.text("socket")],
          keys: [("id", .text("x")), ("fd", .resource(.cable(Cable(name: "c").right)))])),
    ]
    return specification
  }

  @Test(arguments: [tcg, kvm]) func pc(host: HostCapabilities) async throws {
    let scratch = Scratch()
    let isKVM = host.accelerator == .kvm
    let identity = MachineIdentity(seed: 1, name: "p")
    #expect(
      words(try await Self.pc(scratch), host) == [
        "-name", "guest=p", "-nodefaults", "-no-user-config", "-nographic",
        "-machine", "q35", "-accel", isKVM ? "kvm" : "tcg", "-cpu", isKVM ? "host" : "max",
        "-m", "2048M", "-smp", "cpus=4,sockets=2,cores=2,threads=1,maxcpus=4",
        "-uuid", identity.uuid,
        "-chardev", "socket,id=qmp,fd=<qmp>", "-mon", "chardev=qmp,mode=control", "-S",
        "-chardev", "socket,id=console,fd=<console>", "-serial", "chardev:console",
        "-drive",
        "if=none,id=disk0,format=raw,snapshot=on,cache=unsafe,file=/d,,1.img",
        "-device", "virtio-blk-pci,drive=disk0",
        "-drive", "if=none,id=disk1,format=qcow2,snapshot=on,cache=unsafe,file=/d2",
        "-device", "virtio-blk-pci,drive=disk1",
        "-netdev", "user,id=usernet0,net=10.42.0.0/24,dhcpstart=10.42.0.10",
        "-device",
        "virtio-net-pci,netdev=usernet0,mac=\(identity.mac("usernet0")),romfile=",
        "-chardev", "socket,id=chrtpm,fd=<tpm>",
        "-tpmdev", "emulator,id=tpm0,chardev=chrtpm", "-device", "tpm-tis,tpmdev=tpm0",
        "-device", "virtio-rng-pci", "-device", "pvpanic-pci",
        "-device", "virtio-balloon-pci,id=b", "-netdev", "socket,fd=<raw0>,id=x",
      ])
  }

  @Test func shares() {
    func found(_ kind: MachineSpecification.Kind) -> [String] {
      var specification = MachineSpecification(kind, name: "s", seed: 1)
      specification.kernel = "/k"
      specification.shares = [
        Share(path: "/a,b", tag: "x", isReadOnly: true, driver: .plan9),
        Share(path: "/c", tag: "y", driver: .virtiofs),
      ]
      let words = words(specification, tcg)
      let start = words.firstIndex(of: "-object")!
      return Array(words[start..<words[start...].firstIndex { $0.hasPrefix("virtio-rng") }!])
    }
    func expected(_ memory: String, _ bus: String, _ legacy: [String]) -> [String] {
      ["-object", "memory-backend-memfd,id=ram,size=\(memory),share=on"]
        + ["-machine", "memory-backend=ram"] + legacy + [
          "-fsdev",
          "local,id=share0,security_model=none,multidevs=remap,readonly=on,path=/a,,b",
          "-device", "virtio-9p-\(bus),fsdev=share0,mount_tag=x",
          "-chardev", "socket,id=share1,fd=<share1>",
          "-device", "vhost-user-fs-\(bus),chardev=share1,tag=y", "-device",
        ]
    }
    #expect(
      found(.microvm)
        == expected(
          "256M", "device",
          ["-global", "driver=virtio-mmio,property=force-legacy,value=false"]))
    #expect(found(.pc) == expected("2048M", "pci", []))
  }

  @Test func virtiofsdsApart() {
    #expect(VirtioFSD.isRust("virtiofsd 1.13.2\n"))
    #expect(!VirtioFSD.isRust("virtiofsd version 7.2.22 (Debian 1:7.2)\nCopyright"))
    #expect(!VirtioFSD.isRust("setgroups() failed") && !VirtioFSD.isRust(""))
  }

  @Test func pcWithKernel() {
    var specification = MachineSpecification(.pc, name: "p", seed: 1)
    specification.kernel = "/k"
    let kvmWords = words(specification, kvm)
    #expect(kvmWords.contains("console=ttyS0 panic=-1"))
    #expect(kvmWords.contains("cpus=1,sockets=1,cores=2,threads=2,maxcpus=4"))
    let tcgWords = words(specification, tcg)
    #expect(tcgWords.contains("console=ttyS0 tsc_early_khz=2000000 panic=-1"))
  }

  @Test func otherArchitectures() {
    var specification = MachineSpecification(.pc, name: "a", seed: 1)
    specification.binary = "/opt/qemu/bin/qemu-system-aarch64"
    specification.kernel = "/k"
    #expect(
      words(specification, tcg) == [
        "-name", "guest=a", "-nodefaults", "-no-user-config", "-nographic",
        "-machine", "virt", "-accel", "tcg", "-cpu", "max,pauth-impdef=on", "-m", "2048M",
        "-smp", "cpus=1,sockets=1,cores=2,threads=2,maxcpus=4",
        "-uuid", MachineIdentity(seed: 1, name: "a").uuid,
        "-kernel", "/k", "-append", "console=ttyAMA0 panic=-1",
        "-chardev", "socket,id=qmp,fd=<qmp>", "-mon", "chardev=qmp,mode=control", "-S",
        "-chardev", "socket,id=console,fd=<console>", "-serial", "chardev:console",
        "-netdev", "user,id=usernet0,net=10.42.0.0/24,dhcpstart=10.42.0.10,restrict=on",
        "-device",
        "virtio-net-pci,netdev=usernet0,mac=\(specification.userNetworkMAC),romfile=",
        "-device", "virtio-rng-pci", "-device", "pvpanic-pci", "-no-reboot",
      ])
    // A variant of the board keeps what is known of it; another board has only what is asked for.
    specification.extraArguments = [.text("-machine"), .text("virt,gic-version=3")]
    #expect(specification.hasPCI && words(specification, tcg).contains("virt"))
    for arguments: [RawArgument] in [
      [.text("-M"), .text("raspi3b")], [.text("-machine"), .text("type=raspi3b,usb=off")],
      [.text("-machine"), .options(OptionTable(positions: [.text("raspi3b")]))],
    ] {
      specification.extraArguments = arguments
      let words = words(specification, tcg)
      #expect(!words.contains("virt") && !words.contains("-cpu"))
      #expect(!words.contains { $0.contains("pci") }, "\(words)")
    }
    specification.binary = "qemu-system-s390x"
    specification.extraArguments = []
    #expect(!words(specification, tcg).contains("-machine"))
    #expect(Architecture(binary: "/usr/libexec/qemu-kvm") == .host)
    #expect(Architecture(binary: "qemu-system-i386").isX86)
  }

  @Test func memoryIsWrittenWhole() {
    var specification = MachineSpecification(.pc, name: "p", seed: 1)
    specification.memory = (3 << 20) + 1
    #expect(words(specification, tcg).contains("3073k"))
  }

  @Test func identityFollowsFromSeedAndName() {
    let a = MachineIdentity(seed: 1, name: "a")
    #expect(a.mac("net0") == MachineIdentity(seed: 1, name: "a").mac("net0"))
    let others = [
      a.mac("net1"), MachineIdentity(seed: 2, name: "a").mac("net0"),
      MachineIdentity(seed: 1, name: "b").mac("net0"), a.mac("net0"),
    ]
    #expect(Set(others).count == 4)
    for mac in others { #expect(UInt8(mac.prefix(2), radix: 16)! & 3 == 2) }
    #expect(a.uuid.count == 36 && Array(a.uuid)[14] == "4")
    #expect("89ab".contains(Array(a.uuid)[19]))
  }

  @Test func optionTables() async throws {
    let table = OptionTable(
      positions: [.text("user")],
      keys: [
        ("readonly", .bool(true)), ("id", .text("net0")), ("bare", .list([])),
        ("hostfwd", .list([.text("a"), .text("b,c")])), ("n", .integer(-3)), ("off", .bool(false)),
      ])
    #expect(
      table.encoded().description
        == "user,bare,hostfwd=a,hostfwd=b,,c,id=net0,n=-3,off=off,readonly=on")
    var ordered = table
    ordered.keepsOrder = true
    #expect(
      ordered.encoded().description
        == "user,readonly=on,id=net0,bare,hostfwd=a,hostfwd=b,,c,n=-3,off=off")
    let ports = try await PortMap([.init(guest: 1), .init(guest: 2)])
    let end = await Cable(name: "c").left
    let resources = OptionTable(
      keys: [("hostfwd", .resource(.ports(ports))), ("fd", .resource(.cable(end)))])
    #expect(
      resources.encoded().description
        == "fd=<c.left>,hostfwd=tcp:127.0.0.1:\(ports[1]!)-:1,hostfwd=tcp:127.0.0.1:\(ports[2]!)-:2"
    )
  }

  @Test func standaloneCommandCanBePasted() async throws {
    var specification = try await Self.microvm()
    specification.environment = ["A": "it's", "B": nil]
    let line = StandaloneCommand.line(specification, host: tcg)
    #expect(line.hasPrefix(#"env -u B 'A=it'\''s' qemu-system-x86_64 -name guest=m "#))
    #expect(!line.contains("<"))
    #expect(line.hasSuffix("# without what the cables lead to"))
  }
}
