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
