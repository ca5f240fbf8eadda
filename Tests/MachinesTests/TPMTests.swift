import Events
import Glibc
import Processes
import Testing

@testable import Machines

@Suite(.serialized) @Supervisor struct TPMTests {
  let scratch = Scratch()

  private func machine(_ name: String, _ tpm: TPM) throws -> Machine {
    var specification = MachineSpecification.small(name)
    specification.tpm = tpm
    return try Machine(specification, host: tcg, directory: "\(scratch.path)/\(name)")
  }

  private func isGone(_ machine: Machine) -> Bool {
    guard let swtpm = machine.swtpm, let qemu = machine.qemu else { return false }
    return !Launcher.living.contains { $0 === swtpm || $0 === qemu }
  }

  @Test func livesOverMachines() async throws {
    let tpm = try TPM(stateDirectory: scratch.path + "/state")
    let first = try machine("first", tpm)
    let second = try machine("second", tpm)
    for machine in [first, second, first] {
      try machine.start()
      #expect(await machine.connected.wait(until: .after(30)) == true)
      #expect(try await machine.qmp("query-tpm").elements?.count == 1)
      #expect(tpm.holder == machine.name)
      let other = machine === first ? second : first
      #expect(throws: MachineError.self) { try other.start() }
      await machine.kill()
      #expect(tpm.holder == nil && isGone(machine))
    }
    try tpm.save(to: scratch.path + "/saved")
    #expect(Files.names(in: scratch.path + "/saved")!.contains("tpm2-00.permall"))
    let copy = try TPM(
      stateDirectory: scratch.path + "/copy", copyOf: scratch.path + "/saved")
    let third = try machine("third", copy)
    try third.start()
    #expect(await third.connected.wait(until: .after(30)) == true)
    await third.stop()
    do throws(MachineError) {
      _ = try TPM(stateDirectory: scratch.path + "/none", copyOf: scratch.path + "/nowhere")
      Issue.record("a state that is not there was copied")
    } catch {
      #expect(error.kind == .missing)
    }
  }

  @Test func statesThatAreNone() async throws {
    let good = scratch.path + "/good"
    let tpm = try TPM(stateDirectory: good)
    #expect(throws: MachineError.self) { try tpm.save(to: scratch.path + "/early") }
    let maker = try machine("maker", tpm)
    try maker.start()
    #expect(await maker.connected.wait(until: .after(30)) == true)
    #expect(throws: MachineError.self) { try tpm.save(to: scratch.path + "/running") }
    await maker.kill()
    let file = try Data(good + "/tpm2-00.permall")
    func state(_ name: String, _ file: String, _ bytes: [UInt8]) -> String {
      Files.makeDirectories("\(scratch.path)/\(name)")
      _ = scratch.write("\(name)/\(file)", bytes)
      return "\(scratch.path)/\(name)"
    }
    var newer = file.bytes
    newer[1] = 9
    var encrypted = file.bytes
    encrypted[5] |= 1
    for (directory, text) in [
      (state("empty", ".lock", []), "there is no tpm2-00.permall in it"),
      (state("old", "tpm-00.permall", file.bytes), "it holds a TPM 1.2"),
      (state("newer", "tpm2-00.permall", newer), "version 9, of a newer swtpm"),
      (state("encrypted", "tpm2-00.permall", encrypted), "it is encrypted"),
      (state("cut", "tpm2-00.permall", Array(file.bytes.prefix(5))), "it is cut off"),
      (state("short", "tpm2-00.permall", Array(file.bytes.dropLast())), "bytes and has"),
      (state("text", "tpm2-00.permall", Array("not a TPM at all".utf8)), "does not begin as"),
    ] {
      do throws(MachineError) {
        _ = try TPM(stateDirectory: scratch.path + "/copy", copyOf: directory)
        Issue.record("was taken: \(text)")
      } catch {
        #expect(error.kind == .usage && error.message.contains(text), "\(error.message)")
      }
    }
    // What swtpm alone can tell: QEMU refuses, and its reason is put into words.
    var damaged = file.bytes
    for index in 40..<60 { damaged[index] ^= 0xff }
    let directory = state("damaged", "tpm2-00.permall", damaged)
    let copy = try TPM(stateDirectory: scratch.path + "/copy", copyOf: directory)
    let victim = try machine("victim", copy)
    try victim.start()
    let ended = try #require(await victim.exited.wait(until: .after(30)))
    let error = ended.error(machine: "victim")
    #expect(
      error.message.contains("swtpm cannot use the TPM state '\(directory)': ")
        && error.message.contains("ALG_SHA1"), "\(error.message)")
  }

  private struct Data {
    var bytes: [UInt8] = []
    init(_ path: String) throws {
      let file = try #require(fopen(path, "r"))
      defer { fclose(file) }
      bytes = [UInt8](repeating: 0, count: 1 << 16)
      bytes.removeSubrange(fread(&bytes, 1, bytes.count, file)...)
    }
  }

  @Test func itsDeathIsTold() async throws {
    let machine = try machine("m", try TPM(stateDirectory: scratch.path + "/state"))
    try machine.start()
    #expect(await machine.connected.wait(until: .after(30)) == true)
    kill(machine.swtpm!.pid, SIGKILL)
    let error = try #require(await machine.failure.wait(until: .after(30)))
    #expect(error.message.contains("swtpm") && error.message.contains("signal 9"))
    await machine.kill()
    #expect(isGone(machine))
  }

  @Test func endsWithAQEMUThatRefuses() async throws {
    let tpm = try TPM(stateDirectory: scratch.path + "/state")
    var specification = MachineSpecification.small("bad")
    specification.tpm = tpm
    specification.extraArguments = [.text("-no-such-option")]
    let machine = try Machine(specification, host: tcg, directory: scratch.path + "/bad")
    try machine.start()
    let ended = try #require(await machine.exited.wait(until: .after(30)))
    #expect(ended.isRefusal && tpm.holder == nil && isGone(machine))
  }
}
