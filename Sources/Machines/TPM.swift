import Events
import Glibc
import Processes

/// A TPM 2.0, played by swtpm, whose state outlives the machines it is given to.
@Supervisor public final class TPM {
  public nonisolated let stateDirectory: String
  /// The directory that its state was copied from, or its own.
  nonisolated let origin: String
  /// The machine that has it, nil if none.
  public private(set) var holder: String?

  /// A TPM with its state in `stateDirectory`, which is made if it is not there: fresh, or from a
  /// copy of the state in `original`, which never changes. Errors of kind missing when swtpm or
  /// the original is not there, of kind usage when that is no state of a TPM 2.0. `isRehearsal`: nothing
  /// is made, and swtpm may be missing.
  public init(
    stateDirectory: String, copyOf original: String? = nil, isRehearsal: Bool = false
  ) throws(MachineError) {
    guard isRehearsal || Launcher.find("swtpm") != nil else { throw Self.missing }
    // swtpm separates the options of --tpmstate by commas and has no way to quote one.
    guard !stateDirectory.utf8.contains(UInt8(ascii: ",")) else {
      throw MachineError(.usage, "a TPM's directory may not have a comma: '\(stateDirectory)'")
    }
    self.stateDirectory = stateDirectory
    origin = original ?? stateDirectory
    if let original {
      try TPMState.check(original)
      if !isRehearsal { try TPMState.copy(original, stateDirectory) }
    } else if !isRehearsal, !Files.makeDirectories(stateDirectory) {
      throw .system(.missing, "the TPM's directory '\(stateDirectory)' cannot be made", errno)
    }
  }

  /// Copies the state to a directory, which is made if it is not there. Errors of kind usage while a
  /// machine has the TPM, since swtpm may be writing, and before one had it.
  public func save(to directory: String) throws(MachineError) {
    if let holder {
      throw MachineError(
        .usage, "a TPM is in machine '\(holder)': it can be saved when that has ended")
    }
    guard Files.names(in: stateDirectory)?.contains(where: { !$0.hasPrefix(".") }) == true else {
      throw MachineError(.usage, "a TPM that no machine has had yet has no state to save")
    }
    try TPMState.copy(stateDirectory, directory)
  }

  /// Starts swtpm for a machine, and gives it and the socket that QEMU gets.
  func start(
    for machine: String, log: String
  ) throws(MachineError) -> (child: Child, socket: DescriptorBox) {
    try claim(for: machine)
    do throws(ProcessError) {
      let (ours, theirs) = try Descriptor.pair().split()
      var command = command
      command.standardError = .file(log)
      command.machine = machine
      let child = try Launcher.launch(command, descriptors: ["control": theirs])
      return (child, ours)
    } catch {
      release()
      throw error.kind == .missing ? Self.missing : MachineError(.launch, error.message)
    }
  }

  func claim(for machine: String) throws(MachineError) {
    if let holder {
      throw MachineError(
        .usage, "a TPM is in machine '\(holder)': it belongs to one machine at a time",
        machine: machine)
    }
    holder = machine
  }

  func release() { holder = nil }

  /// It ends when QEMU's end of the socket is closed.
  nonisolated var command: Command {
    Command(
      name: "swtpm", executable: "swtpm",
      arguments: [
        "socket", "--tpm2", "--tpmstate", "dir=\(stateDirectory)", "--ctrl",
        "type=unixio,clientfd=\(descriptor: "control")", "--terminate",
      ])
  }

  private static let missing = MachineError(
    .missing, "a TPM needs swtpm, which is not installed: \(Software.swtpm.remedy)")
}
