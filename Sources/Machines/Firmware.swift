import Events
import Glibc
import Processes

/// What a full PC runs first.
public enum Firmware: Sendable {
  /// SeaBIOS, which comes with QEMU.
  case bios
  /// UEFI, with variables that are thrown away when the machine ends.
  case uefi(FirmwareFiles)
  /// UEFI with variables that outlive the machine.
  case kept(UEFI)

  var files: FirmwareFiles? {
    switch self {
    case .bios: nil
    case .uefi(let files): files
    case .kept(let uefi): uefi.files
    }
  }
}

/// UEFI's code and the variables that it starts with: two images of flash memory.
public struct FirmwareFiles: Sendable, Hashable {
  public var code: Disk
  public var variables: Disk

  /// All that a q35 has room for (max-fw-size of QEMU's pc machines).
  private static let room = UInt64(8 << 20)
  private static let page = UInt64(4096)

  /// Errors of kind missing for files that cannot be read, of kind usage for what is no firmware.
  public init(code: String, variables: String) throws(MachineError) {
    self.code = try Self.image(code)
    self.variables = try Self.image(variables)
    try check()
  }

  func check() throws(MachineError) {
    var total: UInt64 = 0
    for file in [code, variables] {
      let size = try ImageHeader(file.path, as: file.format).size
      guard size % Self.page == 0 else {
        throw MachineError(
          .usage,
          "firmware '\(file.path)' is no image of flash memory: its \(size) bytes are no multiple"
            + " of \(Self.page)")
      }
      total += size
    }
    guard total <= Self.room else {
      throw MachineError(
        .usage,
        "firmware '\(code.path)' and '\(variables.path)' have \(total) bytes, and a machine has room"
          + " for \(Self.room)")
    }
  }

  private static func image(_ path: String) throws(MachineError) -> Disk {
    do throws(MachineError) {
      return try Disk(probing: path)
    } catch {
      throw MachineError(error.kind, "firmware: \(error.message)")
    }
  }

  /// Where distributions put OVMF without Secure Boot, the 4 MB build first: Debian and Ubuntu,
  /// Fedora, Arch, openSUSE, and NixOS with libvirt.
  private static let places = [
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
    ("/usr/share/edk2-ovmf/x64/OVMF_CODE.fd", "/usr/share/edk2-ovmf/x64/OVMF_VARS.fd"),
    ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
    ("/usr/share/edk2/ovmf/OVMF_CODE_4M.qcow2", "/usr/share/edk2/ovmf/OVMF_VARS_4M.qcow2"),
    ("/usr/share/qemu/ovmf-x86_64-4m-code.bin", "/usr/share/qemu/ovmf-x86_64-4m-vars.bin"),
    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
    ("/run/libvirt/nix-ovmf/OVMF_CODE.fd", "/run/libvirt/nix-ovmf/OVMF_VARS.fd"),
  ]

  /// The host's OVMF. `binary` is the machine's QEMU: a build of upstream's or of Nix has UEFI beside
  /// it. `root` stands before the places, for tests. Errors of kind missing say what to install.
  public static func find(
    for binary: String = "qemu-system-x86_64", root: String = ""
  ) throws(MachineError) -> FirmwareFiles {
    var places = Self.places.map { (root + $0.0, root + $0.1) }
    if let path = Launcher.find(binary).flatMap({ realpath($0, nil) }) {
      let share = String(cString: path).split(separator: "/").dropLast(2).joined(separator: "/")
      free(path)
      places.append(
        (
          "\(root)/\(share)/share/qemu/edk2-x86_64-code.fd",
          "\(root)/\(share)/share/qemu/edk2-i386-vars.fd"
        ))
    }
    for (code, variables) in places where access(code, R_OK) == 0 && access(variables, R_OK) == 0 {
      return try FirmwareFiles(code: code, variables: variables)
    }
    throw MachineError(
      .missing,
      "firmware = \"uefi\" needs OVMF, which is not installed: sudo apt-get install ovmf, or name its"
        + " files with firmware = { code =, vars = }")
  }
}

/// UEFI of the script's: what machines write to its variables outlives them, and lasts as long as
/// the script. It belongs to one machine at a time.
@Supervisor public final class UEFI {
  /// The code, and the variables' private copy.
  public nonisolated let files: FirmwareFiles
  /// The machine that has it, nil if none.
  public private(set) var holder: String?

  /// Copies the variables of `original`, which never change, to `path`.
  public init(_ original: FirmwareFiles, path: String) throws(MachineError) {
    try Files.copy(original.variables.path, to: path)
    var files = original
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
