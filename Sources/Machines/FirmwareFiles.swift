import Glibc
import Processes

/// UEFI's code and the variables that it starts with: two images of flash memory.
public struct FirmwareFiles: Sendable, Hashable {
  public var code: Disk
  public var variables: Disk
  /// They need not be there.
  var isRehearsed = false

  /// Bytes that a machine has room for: a q35 8 MiB (max-fw-size of QEMU's pc machines), and virt
  /// twice 64 MiB.
  private let room: UInt64
  private static let page = UInt64(4096)

  /// Errors of kind missing for files that cannot be read, of kind usage for what is no firmware.
  public init(
    code: String, variables: String, for binary: String = "qemu-system-x86_64"
  ) throws(MachineError) {
    room = Architecture(binary: binary).isX86 ? 8 << 20 : 128 << 20
    self.code = try Self.image(code)
    self.variables = try Self.image(variables)
    try check()
  }

  /// What a host without firmware would have for a PC, by the first of the usual places.
  public init(rehearsedFor binary: String) {
    room = 8 << 20
    code = Disk(path: Self.places[0].0, format: .raw)
    variables = Disk(path: Self.places[0].1, format: .raw)
    isRehearsed = true
  }

  func check() throws(MachineError) {
    if isRehearsed { return }
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
    guard total <= room else {
      throw MachineError(
        .usage,
        "firmware '\(code.path)' and '\(variables.path)' have \(total) bytes, and a machine has room"
          + " for \(room)")
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
    let architecture = Architecture(binary: binary)
    if !architecture.isX86 { return try find(architecture, binary, root) }
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
      "firmware = \"uefi\" needs OVMF, which is not installed: \(Software.ovmf.remedy), or name its"
        + " files with firmware = { code =, vars = }")
  }

  /// That of another architecture, as Debian has it.
  private static func find(
    _ architecture: Architecture, _ binary: String, _ root: String
  ) throws(MachineError) -> FirmwareFiles {
    let known = [
      "aarch64": ("AAVMF/AAVMF_CODE.fd", "AAVMF/AAVMF_VARS.fd", Software.aavmf),
      "arm": ("AAVMF/AAVMF32_CODE.fd", "AAVMF/AAVMF32_VARS.fd", Software.aavmf32),
    ]
    guard let (code, variables, package) = known[architecture.name] else {
      throw MachineError(
        .usage,
        "firmware = \"uefi\" is not known for \(architecture.name): name its files with firmware ="
          + " { code =, vars = }")
    }
    let share = root + "/usr/share/"
    guard access(share + code, R_OK) == 0, access(share + variables, R_OK) == 0 else {
      throw MachineError(
        .missing,
        "firmware = \"uefi\" for \(architecture.name) is not installed:"
          + " \(package.remedy), or name its files with firmware = { code =, vars = }")
    }
    return try FirmwareFiles(code: share + code, variables: share + variables, for: binary)
  }
}
