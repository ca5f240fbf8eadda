import Events
import Glibc
import Processes
import Testing

@testable import Machines

@Suite(.serialized) @Supervisor struct FirmwareTests {
  let scratch = Scratch()

  @Test func isFoundWhereDistributionsPutIt() throws {
    refused(.missing, "sudo apt-get install ovmf") { () throws(MachineError) in
      _ = try FirmwareFiles.find(root: scratch.path)
    }
    let folder = scratch.path + "/usr/share/edk2/x64"
    Files.makeDirectories(folder)
    let flash = [UInt8](repeating: 0xff, count: 8192)
    for name in ["OVMF_CODE.4m.fd", "OVMF_VARS.4m.fd"] {
      _ = scratch.write("usr/share/edk2/x64/\(name)", flash)
    }
    #expect(try FirmwareFiles.find(root: scratch.path).code.path == "\(folder)/OVMF_CODE.4m.fd")
  }

  @Test func ownFilesAreLookedAt() throws {
    let flash = scratch.write("flash", [UInt8](repeating: 0xff, count: 8192))
    for (code, variables, kind, text) in [
      (flash, scratch.path + "/none", MachineError.Kind.missing, "No such file"),
      (flash, scratch.write("odd", [1, 2, 3]), .usage, "no multiple of 4096"),
      (flash, scratch.write("big", [UInt8](repeating: 1, count: 8 << 20)), .usage, "has room for"),
      (scratch.path, flash, .usage, "is a directory"),
    ] {
      refused(kind, text) { () throws(MachineError) in
        _ = try FirmwareFiles(code: code, variables: variables)
      }
    }
    var specification = MachineSpecification(.microvm, name: "m", seed: 1)
    specification.kernel = "/dev/null"
    specification.firmware = .uefi(try FirmwareFiles(code: flash, variables: flash))
    for (kind, text) in [
      (MachineSpecification.Kind.microvm, "microvm has no UEFI: use qemu {}"),
      (.pc, "kernel '/dev/null' is no program that UEFI can start"),
    ] {
      specification.kind = kind
      let wanted = specification
      refused(.usage, text) { () throws(MachineError) in
        _ = try Machine(wanted, host: tcg, directory: scratch.path + "/logs")
      }
    }
  }

  @Test func arguments() throws {
    let flash = scratch.write("fl,ash", [UInt8](repeating: 0xff, count: 8192))
    let files = try FirmwareFiles(code: flash, variables: flash)
    var specification = MachineSpecification.small("m")
    specification.settings = [
      try FirmwareSetting("opt/a", .text("x,y")), try FirmwareSetting("com.example", .file("/f")),
    ]
    func words(_ firmware: Firmware) -> [String] {
      specification.firmware = firmware
      let all = ArgumentBuilder.arguments(for: specification, host: tcg).map(\.description)
      let start = all.firstIndex { $0 == "-drive" || $0 == "-fw_cfg" }!
      return Array(all[start..<all.firstIndex(of: "-chardev")!])
    }
    let settings = ["-fw_cfg", "name=opt/a,string=x,,y", "-fw_cfg", "name=com.example,file=/f"]
    let code = "if=pflash,unit=0,format=raw,readonly=on,file=\(scratch.path)/fl,,ash"
    let copy = try UEFI(files, path: scratch.path + "/copy")
    #expect(words(.bios) == settings)
    #expect(
      words(.uefi(files)) == [
        "-drive", code,
        "-drive", "if=pflash,unit=1,format=raw,snapshot=on,file=\(scratch.path)/fl,,ash",
      ] + settings)
    #expect(
      words(.kept(copy)) == [
        "-drive", code, "-drive", "if=pflash,unit=1,format=raw,file=\(scratch.path)/copy",
      ] + settings)
    // The loader may want a reset.
    #expect(!words(.kept(copy)).contains("-no-reboot"))
  }

  @Test func settingsThatQEMUWouldRefuse() throws {
    for (name, text) in [
      ("", "is empty"), (String(repeating: "x", count: 56), "55 at most"), ("opt/a b", "ASCII"),
      ("opt/é", "ASCII"), ("opt/\u{0}", "ASCII"), ("opt//x", "an empty part"),
      ("/opt", "an empty part"),
      ("opt/", "an empty part"), ("opt/../x", "'..'"),
    ] {
      refused(.usage, text) { () throws(MachineError) in
        _ = try FirmwareSetting(name, .text("x"))
      }
    }
    #expect(try FirmwareSetting(String(repeating: "x", count: 55), .text("x")).name.count == 55)
    #expect(FirmwareSetting.text(Array("text, with commas".utf8)) == .text("text, with commas"))
    for bytes in [[], [0], [0x0a], [0xff], [UInt8](repeating: 0x41, count: 257)] as [[UInt8]] {
      #expect(FirmwareSetting.text(bytes) == nil)
    }
    var specification = MachineSpecification.small("m")
    specification.settings = [
      try FirmwareSetting("opt/a", .text("x")), try FirmwareSetting("opt/a", .text("y")),
    ]
    let wanted = specification
    refused(.usage, "fw_cfg has 'opt/a' twice") { () throws(MachineError) in
      _ = try Machine(wanted, host: tcg, directory: scratch.path + "/logs")
    }
  }

  private func loader(_ name: String, resets: UInt8, agent: Bool) throws -> Machine {
    var specification = MachineSpecification.small(name)
    specification.memory = 128 << 20
    specification.firmware = .uefi(try FirmwareFiles.find())
    specification.tpm = try TPM(stateDirectory: "\(scratch.path)/\(name)-tpm")
    if agent { specification.agentPorts = ["org.vmscript.agent"] }
    let path = scratch.write("\(name).img", EFIDisk.image(resets: resets, then: "booted by UEFI"))
    specification.disks = [.throwaway(try Disk(probing: path))]
    return try Machine(
      specification, host: tcg, directory: "\(scratch.path)/\(name)",
      temporaryDirectory: scratch.path)
  }

  /// As shim does it: that is no end, and no boot of its own.
  @Test func aBootLoaderMayResetOnce() async throws {
    let machine = try loader("once", resets: 1, agent: false)
    try machine.start()
    #expect(await machine.printed("booted by UEFI", 120))
    #expect(machine.loaderResets == 1 && machine.bootCount.value == 1 && machine.isRunning)
    #expect(machine.failure.value == nil && !machine.isInBootLoader)
    await machine.kill()
  }

  @Test func aBootLoaderThatResetsForEverIsEnded() async throws {
    let machine = try loader("loop", resets: 200, agent: true)
    try machine.start()
    let ended = try #require(await machine.exited.wait(until: .after(200)))
    #expect(ended.reason == .reboot && !ended.isGood && machine.loaderResets == 3)
  }

  /// When the guest has booted, its reboots are what they are everywhere.
  @Test func aResetAfterTheGuestWasReadyIsAnEnd() async throws {
    let machine = try loader("ready", resets: 1, agent: true)
    try machine.start()
    machine.guestIsReady()
    let ended = try #require(await machine.exited.wait(until: .after(120)))
    #expect(ended.reason == .reboot && machine.loaderResets == 0)
  }

  @Test func variablesAreCopiedAndBelongToOneMachine() async throws {
    let found = try FirmwareFiles.find()
    let uefi = try UEFI(found, path: scratch.path + "/vars")
    func machine(_ name: String) throws -> Machine {
      var specification = MachineSpecification.small(name)
      specification.firmware = .kept(uefi)
      return try Machine(specification, host: tcg, directory: "\(scratch.path)/\(name)")
    }
    let (a, b) = (try machine("a"), try machine("b"))
    try a.start()
    #expect(await a.connected.wait(until: .after(30)) == true)
    refused(.usage, "a uefi {} is in machine 'a'") { () throws(MachineError) in try b.start() }
    refused(.usage, "when that has ended") { () throws(MachineError) in
      try uefi.save(to: scratch.path + "/saved")
    }
    await a.kill()
    try uefi.save(to: scratch.path + "/saved")
    let copy = try FirmwareFiles(code: found.code.path, variables: scratch.path + "/saved")
    _ = try UEFI(copy, path: scratch.path + "/again")
  }
}
