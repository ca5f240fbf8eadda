import Events

/// UEFI of the script's: what machines write to its variables outlives them, and lasts as long as
/// the script. It belongs to one machine at a time.
@Supervisor public final class UEFI {
  /// The code, and the variables' private copy.
  public nonisolated let files: FirmwareFiles
  /// The machine that has it, nil if none.
  public private(set) var holder: String?

  /// Copies the variables of `original`, which never change, to `path`.
  /// `isRehearsal`: no copy is made.
  public init(
    _ original: FirmwareFiles, path: String, isRehearsal: Bool = false
  ) throws(MachineError) {
    if !isRehearsal { try Files.copy(original.variables.path, to: path) }
    var files = original
    files.isRehearsed = isRehearsal
    files.variables.path = path
    self.files = files
  }

  /// Copies the variables to a file. Errors of kind usage while a machine has them.
  public func save(to path: String) throws(MachineError) {
    try checkFree("its variables can be saved when that has ended")
    try Files.copy(files.variables.path, to: path)
  }

  func claim(for machine: String) throws(MachineError) {
    try checkFree("it belongs to one machine at a time", machine)
    holder = machine
  }

  func release() { holder = nil }

  private func checkFree(_ rule: String, _ machine: String? = nil) throws(MachineError) {
    guard let holder else { return }
    throw MachineError(.usage, "a uefi {} is in machine '\(holder)': \(rule)", machine: machine)
  }
}
