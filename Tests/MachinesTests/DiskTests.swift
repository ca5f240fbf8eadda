import Events
import Glibc
import Processes
import Testing

@testable import Machines

@Suite(.serialized) @Supervisor struct DiskTests {
  let scratch = Scratch()

  private func image(_ arguments: [String]) async throws {
    _ = try await output(["create"] + arguments)
  }

  @discardableResult private func output(_ arguments: [String]) async throws -> String {
    var command = Command(
      name: "qemu-img", executable: "qemu-img", arguments: arguments.map { Argument($0) })
    command.standardOutput = .captured
    let child = try Launcher.launch(command)
    let status = await child.exited.wait(until: .after(60))
    #expect(status == .exited(code: 0), "\(child.errorOutput)")
    return child.errorOutput
  }

  private func disk(_ options: KeptDisk.Options, _ name: String) throws(MachineError) -> KeptDisk {
    try KeptDisk(options, path: "\(scratch.path)/\(name)")
  }

  private func machine(_ name: String, _ drives: [Drive]) throws(MachineError) -> Machine {
    var specification = MachineSpecification.small(name)
    specification.disks = drives
    return try Machine(
      specification, host: tcg, directory: "\(scratch.path)/\(name)",
      temporaryDirectory: scratch.path)
  }

  @Test func formatsAreFoundAndRefused() async throws {
    let raw = scratch.write("raw.img", [UInt8](repeating: 0x51, count: 4096))
    #expect(try Disk(probing: raw).format == .raw)
    refused(.usage, "no qcow2 image") { () throws(MachineError) in
      _ = try Disk(probing: raw, as: .qcow2)
    }
    let path = scratch.path + "/a.qcow2"
    try await image(["-q", "-f", "qcow2", path, "3G"])
    #expect(try Disk(probing: path).format == .qcow2)
    #expect(try Disk(probing: path, as: .raw).format == .raw)
    #expect(try ImageHeader(path).size == 3 << 30)
    try await image(["-q", "-f", "vmdk", scratch.path + "/a.vmdk", "1M"])
    try await image(["-q", "-f", "vdi", scratch.path + "/a.vdi", "1M"])
    for (name, text) in [("a.vmdk", "a VMDK image"), ("a.vdi", "a VDI image")] {
      refused(.usage, text) { () throws(MachineError) in
        _ = try Disk(probing: "\(scratch.path)/\(name)")
      }
    }
    for (path, kind, text) in [
      (scratch.path, MachineError.Kind.usage, "is a directory"),
      (scratch.path + "/nothing", .missing, "No such file"),
      ("/dev/null", .usage, "neither a file nor a block device"),
      (scratch.write("empty", []), .usage, "is empty"),
      (scratch.write("cut", QCow2Header.magic + [0, 0, 0, 3]), .usage, "cut off"),
      (
        scratch.write("qcow1", QCow2Header.magic + [UInt8](repeating: 1, count: 100)), .usage,
        "qcow version"
      ),
    ] {
      refused(kind, text) { () throws(MachineError) in _ = try Disk(probing: path) }
    }
  }

  @Test func imagesBelowAreLookedAt() async throws {
    let (base, top) = (scratch.path + "/base.img", scratch.path + "/top.qcow2")
    _ = scratch.write("base.img", [UInt8](repeating: 1, count: 1 << 20))
    try await image(["-q", "-f", "qcow2", "-b", "base.img", "-F", "raw", top])
    #expect(try ImageHeader(top).chain().map(\.path) == [top, base])
    unlink(base)
    refused(.missing, "is built on another: disk '\(base)'") { () throws(MachineError) in
      _ = try Disk(probing: top)
    }
    refused(.missing, "is built on another") { () throws(MachineError) in
      _ = try machine("m", [.throwaway(Disk(path: top, format: .qcow2))])
    }
    try await output(["rebase", "-q", "-u", "-b", "top.qcow2", "-F", "qcow2", top])
    refused(.usage, "is built on itself") { () throws(MachineError) in
      _ = try Disk(probing: top)
    }
  }

  /// QEMU's own tool finds no fault with an overlay, and reads through it.
  @Test(arguments: [UInt64(512), 1 << 20, 513 << 20, 20 << 40])
  func overlaysAreSound(size: UInt64) async throws {
    let base = scratch.write("b,a:se.img", Array("base".utf8) + [UInt8](repeating: 7, count: 508))
    var options = KeptDisk.Options()
    options.original = try Disk(probing: base)
    options.size = size
    let disk = try disk(options, "overlay")
    #expect(disk.image.format == .qcow2)
    let info = try await output(["info", "--output=json", disk.image.path])
    let json = try JSON.parse(Array(info.utf8))
    #expect(json["virtual-size"]?.integer == Int64(size))
    #expect(json["backing-filename"]?.text == base)
    #expect(json["backing-filename-format"]?.text == "raw")
    try await output(["check", "-q", disk.image.path])
    if size < 1 << 30 {
      try await disk.save(to: scratch.path + "/flat", .raw)
      #expect(try ImageHeader(scratch.path + "/flat", as: .raw).size == size)
      #expect(Files.read(scratch.path + "/flat")?.hasPrefix("base\u{7}") == true)
    }
  }

  @Test func belongsToOneMachineAndIsSavedAfterwards() async throws {
    var options = KeptDisk.Options()
    options.size = 1 << 20
    let disk = try disk(options, "blank")
    let first = try machine("first", [.kept(disk)])
    let second = try machine("second", [.kept(disk)])
    try first.start()
    #expect(await first.connected.wait(until: .after(30)) == true)
    refused(.usage, "a blank disk is in machine 'first'") { () throws(MachineError) in
      try second.start()
    }
    #expect(disk.holder == "first")
    do throws(MachineError) {
      try await disk.save(to: scratch.path + "/x", .raw)
      Issue.record("saved under a running machine")
    } catch {
      #expect(error.kind == .usage && error.message.contains("when that has ended"))
    }
    await first.kill()
    #expect(disk.holder == nil)
    try second.start()
    #expect(await second.connected.wait(until: .after(30)) == true)
    await second.kill()
    try await disk.save(to: scratch.path + "/x.qcow2", .qcow2)
    #expect(try Disk(probing: scratch.path + "/x.qcow2").format == .qcow2)
    do throws(MachineError) {
      try await disk.save(to: scratch.path + "/no/such/x", .raw)
      Issue.record("saved nowhere")
    } catch {
      #expect(error.kind == .launch && error.message.contains("No such file"), "\(error.message)")
    }
    #expect(Files.names(in: scratch.path)?.contains { $0.hasSuffix(".part") } == false)
    refused(.usage, "is given twice") { () throws(MachineError) in
      _ = try machine("third", [.kept(disk), .kept(disk)])
    }
  }

  @Test func aChangedOriginalIsNoticed() async throws {
    let base = scratch.write("base.img", [UInt8](repeating: 1, count: 1 << 20))
    var options = KeptDisk.Options()
    options.original = try Disk(probing: base)
    let disk = try disk(options, "overlay")
    let machine = try machine("m", [.kept(disk)])
    _ = scratch.write("base.img", [UInt8](repeating: 2, count: 1 << 20))
    refused(.usage, "has changed since disk {} was made") { () throws(MachineError) in
      try machine.start()
    }
    #expect(disk.holder == nil)
    unlink(base)
    refused(.missing, "No such file") { () throws(MachineError) in try machine.start() }
  }

  /// Another QEMU writes to the image: found before the start, and named.
  @Test func anImageInUseNamesItsUser() async throws {
    let path = scratch.write("used.img", [UInt8](repeating: 0, count: 1 << 20))
    var specification = MachineSpecification.small("user")
    specification.extraArguments = [
      .text("-drive"), .text("if=none,id=x,format=raw,file=\(path)"),
      .text("-device"), .text("virtio-blk-pci,drive=x"),
    ]
    let user = try Machine(specification, host: tcg, directory: scratch.path + "/user")
    try user.start()
    #expect(await user.connected.wait(until: .after(30)) == true)
    let text = "disk '\(path)' is in use: process \(try #require(user.pid)) (qemu-system-x86)"
    let throwaway = Drive.throwaway(Disk(path: path, format: .raw))
    refused(.usage, text) { () throws(MachineError) in _ = try machine("other", [throwaway]) }
    // QEMU's own refusal is put into the same words.
    specification.name = "third"
    let third = try Machine(specification, host: tcg, directory: scratch.path + "/third")
    try third.start()
    let ended = try #require(await third.exited.wait(until: .after(30)))
    let error = ended.error(machine: "third")
    #expect(error.kind == .usage && error.message.contains(text), "\(error.message)")
    await user.kill()
    let after = try machine("after", [throwaway])
    try after.start()
    #expect(await after.connected.wait(until: .after(30)) == true)
    await after.kill()
  }

  @Test func optionsThatDoNotFit() throws {
    let base = try Disk(probing: scratch.write("base.img", [UInt8](repeating: 1, count: 1 << 20)))
    func options(_ change: (inout KeptDisk.Options) -> Void) -> KeptDisk.Options {
      var options = KeptDisk.Options()
      change(&options)
      return options
    }
    for (options, text) in [
      (options { _ in }, "wants a size, or an image"),
      (options { ($0.size, $0.isReadOnly) = (1 << 20, true) }, "can only be read"),
      (options { ($0.size, $0.original) = (512, base) }, "cannot have fewer"),
      (
        options { ($0.size, $0.original, $0.isCDROM) = (1 << 21, base, true) },
        "the size of its image"
      ),
      (options { ($0.size, $0.serial) = (1 << 20, "a serial with blanks") }, "1 to 20 letters"),
      (
        options { ($0.size, $0.serial) = (1 << 20, "a-serial-that-is-too-long") }, "1 to 20 letters"
      ),
    ] {
      refused(.usage, text) { () throws(MachineError) in _ = try disk(options, "x") }
    }
  }

  @Test func drivesAsArguments() throws {
    let base = try Disk(probing: scratch.write("b.iso", [UInt8](repeating: 1, count: 1 << 20)))
    var blank = KeptDisk.Options()
    (blank.size, blank.serial) = (1 << 20, "one")
    var cdrom = KeptDisk.Options()
    (cdrom.original, cdrom.isCDROM, cdrom.serial) = (base, true, "cd")
    var overlay = KeptDisk.Options()
    overlay.original = base
    var readOnly = overlay
    readOnly.isReadOnly = true
    var specification = MachineSpecification.small("m")
    specification.disks = [
      .kept(try disk(blank, "blank")), .kept(try disk(cdrom, "-")),
      .kept(try disk(overlay, "over")),
      .kept(try disk(readOnly, "-")), .throwaway(Disk(path: "a:b", format: .raw)),
    ]
    let words = ArgumentBuilder.arguments(for: specification, host: tcg).map(\.description)
    let line = StandaloneCommand.line(specification, host: tcg)
    #expect(line.hasSuffix("# its disks and variables end with the run"))
    let start = try #require(words.firstIndex(of: "-drive"))
    let path = scratch.path
    #expect(
      Array(words[start..<start + 22]) == [
        "-drive", "if=none,id=disk0,format=raw,cache=unsafe,file=\(path)/blank",
        "-device", "virtio-blk-pci,drive=disk0,serial=one",
        "-drive", "if=none,id=disk1,format=raw,readonly=on,file=\(path)/b.iso",
        "-device", "virtio-scsi-pci,id=scsi0",
        "-device", "scsi-cd,bus=scsi0.0,drive=disk1,serial=cd",
        "-drive", "if=none,id=disk2,format=qcow2,cache=writeback,file=\(path)/over",
        "-device", "virtio-blk-pci,drive=disk2",
        "-drive", "if=none,id=disk3,format=raw,readonly=on,file=\(path)/b.iso",
        "-device", "virtio-blk-pci,drive=disk3",
        "-drive", "if=none,id=disk4,format=raw,snapshot=on,cache=unsafe,file=./a:b",
        "-device", "virtio-blk-pci,drive=disk4",
      ])
  }
}
