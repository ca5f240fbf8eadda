import Events
import Glibc
import Processes

/// A disk of the script's: what machines write to it outlives them, and lasts as long as the script.
/// It belongs to one machine at a time.
@Supervisor public final class KeptDisk {
  public struct Options: Sendable {
    /// What a guest sees, in bytes: of a blank disk, or more than the original has.
    public var size: UInt64?
    /// What it is a private copy of; never changed. Nil for a blank disk.
    public var original: Disk?
    public var isReadOnly = false
    /// A CD-ROM drive with the image in it.
    public var isCDROM = false
    /// Whether there may be something on it to boot from.
    public var isBootable = true
    /// What the guest is told of it, up to 20 bytes.
    public var serial: String?

    public init() {}
  }

  public nonisolated let options: Options
  /// What QEMU opens: the original if it is only read, else a file of the disk's own.
  public nonisolated let image: Disk
  /// The machine that has it, nil if none.
  public private(set) var holder: String?

  /// The images that it is built on, as they were.
  private let bases: [ImageHeader.Identity]
  private var isBeingSaved = false

  /// A disk whose own file, if it needs one, is made at `path`, or not if it is only rehearsed. Errors
  /// of kind usage and missing.
  public init(
    _ options: Options, path: String, isRehearsal: Bool = false
  ) throws(MachineError) {
    self.options = options
    if let serial = options.serial {
      let isFit =
        (1...20).contains(serial.utf8.count) && serial.utf8.allSatisfy { 0x21...0x7e ~= $0 }
      guard isFit else {
        throw MachineError(
          .usage, "a disk's serial has 1 to 20 letters, digits and signs: '\(serial)'")
      }
    }
    guard let original = options.original else {
      bases = []
      image = Disk(path: path, format: .raw)
      try Self.makeBlank(path, options, isRehearsal)
      return
    }
    let header = try ImageHeader(original.path, as: original.format)
    let chain = try header.chain()
    if options.isReadOnly || options.isCDROM {
      if options.size != nil {
        throw MachineError(.usage, "a disk that is only read has the size of its image")
      }
      // Nothing is written that could fit it no more.
      bases = []
      image = original
      return
    }
    bases = chain
    let size = options.size ?? header.size
    guard size >= header.size else {
      throw MachineError(
        .usage,
        "disk '\(original.path)' has \(header.size) bytes, and a disk over it cannot have fewer")
    }
    guard let base = realpath(original.path, nil) else {
      throw .system(.missing, "disk '\(original.path)' cannot be read", errno)
    }
    defer { free(base) }
    image = Disk(path: path, format: .qcow2)
    if isRehearsal { return }
    // QEMU counts in sectors.
    try QCow2Overlay.write(
      path, over: String(cString: base), original.format, size: (size + 511) / 512 * 512)
  }

  private static func makeBlank(
    _ path: String, _ options: Options, _ isRehearsal: Bool
  ) throws(MachineError) {
    guard let size = options.size, size <= UInt64(Int64.max) else {
      throw MachineError(.usage, "a disk wants a size, or an image to be made from")
    }
    if options.isReadOnly || options.isCDROM {
      throw MachineError(.usage, "a blank disk that can only be read is of no use: give it 'from'")
    }
    if isRehearsal { return }
    // Sparse: only what is written takes room.
    guard Files.write([], to: path, length: Int(size + 511) / 512 * 512) else {
      throw .system(.missing, "a disk of \(size) bytes cannot be made at '\(path)'", errno)
    }
  }

  /// Gives it to a machine. Errors of kind usage if another has it, or what it is built on has
  /// changed; of kind missing if that is not there any more.
  func claim(for machine: String) throws(MachineError) {
    try checkFree("it belongs to one machine at a time", machine)
    try checkBases()
    try check()
    holder = machine
  }

  func release() { holder = nil }

  /// Whether what it is made of is there, and no other process writes to it.
  nonisolated func check() throws(MachineError) { try options.original?.check() }

  private func checkFree(_ rule: String, _ machine: String?) throws(MachineError) {
    let what = options.original.map { "the disk from '\($0.path)'" } ?? "a blank disk"
    if let holder {
      throw MachineError(.usage, "\(what) is in machine '\(holder)': \(rule)", machine: machine)
    }
    if isBeingSaved {
      throw MachineError(.usage, "\(what) is being saved: wait for that first", machine: machine)
    }
  }

  /// An overlay holds differences: over another base they are garbage.
  private func checkBases() throws(MachineError) {
    for base in bases {
      let now = try ImageHeader(base.path, as: base == bases.first ? options.original?.format : nil)
      guard now.identity == base else {
        throw MachineError(
          .usage,
          "disk '\(base.path)' has changed since disk {} was made from it, and what was written to"
            + " that fits it no more: make the disk anew")
      }
    }
  }

  /// Writes what is on it now to an image of its own. Errors of kind usage while a machine has it,
  /// of kind missing without qemu-img, of kind launch if that fails, and timeout.
  public func save(
    to path: String, _ format: Disk.Format, until deadline: Deadline = .never
  ) async throws(MachineError) {
    try checkFree("it can be saved when that has ended", nil)
    try checkBases()
    let path = try Files.target(path)
    isBeingSaved = true
    defer { isBeingSaved = false }
    let unfinished = "\(path).\(getpid()).part"
    let command = Command(
      name: "qemu-img", executable: "qemu-img",
      arguments: [
        "convert", "-f", Argument(image.format.rawValue), "-O", Argument(format.rawValue),
        Argument(image.plainPath), Argument(Disk(path: unfinished, format: format).plainPath),
      ])
    let child: Child
    do throws(ProcessError) {
      child = try Launcher.launch(command)
    } catch {
      guard error.kind == .missing else { throw MachineError(.launch, error.message) }
      throw MachineError(
        .missing, "saving a disk needs qemu-img: \(Software.qemuTools.remedy)")
    }
    guard let status = await child.exited.wait(until: deadline) else {
      await child.stop(.kill)
      unlink(unfinished)
      throw MachineError(.timeout, "saving the disk to '\(path)' took too long")
    }
    guard status == .exited(code: 0) else {
      unlink(unfinished)
      var error = MachineError(
        .launch, "the disk cannot be saved to '\(path)': \(child.errorOutput.lastLine)")
      error.standardError = child.errorOutput
      throw error
    }
    guard rename(unfinished, path) == 0 else {
      let code = errno
      unlink(unfinished)
      throw .system(.missing, "'\(path)' cannot be written", code)
    }
  }
}

extension String {
  /// The last line that is not empty.
  var lastLine: String { split(separator: "\n").last.map(String.init) ?? "" }
}
