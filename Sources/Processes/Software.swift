/// A piece of software that a host may lack, by the names of the packages that have it: the one table
/// from which errors and `vmscript doctor` say what to install.
public struct Software: Sendable, Hashable {
  public let debian: String
  public let fedora: String
  public let arch: String
  public let nix: String

  /// `debian` is the name everywhere, but where another is given.
  public init(_ debian: String, fedora: String? = nil, arch: String? = nil, nix: String? = nil) {
    self.debian = debian
    self.fedora = fedora ?? debian
    self.arch = arch ?? debian
    self.nix = nix ?? debian
  }

  public static let swtpm = Software("swtpm")
  public static let ovmf = Software("ovmf", fedora: "edk2-ovmf", arch: "edk2-ovmf", nix: "qemu")
  public static let aavmf = Software(
    "qemu-efi-aarch64", fedora: "edk2-aarch64", arch: "edk2-aarch64", nix: "qemu")
  public static let aavmf32 = Software(
    "qemu-efi-arm", fedora: "edk2-arm", arch: "edk2-arm", nix: "qemu")
  public static let qemuTools = Software(
    "qemu-utils", fedora: "qemu-img", arch: "qemu-img", nix: "qemu")
  /// Debian 12 has QEMU's own in qemu-system-common.
  public static let virtiofsd = Software("virtiofsd")
  public static let libarchive = Software(
    "libarchive13", fedora: "libarchive", arch: "libarchive", nix: "libarchive")
  public static let busybox = Software(
    "busybox-static", fedora: "busybox", arch: "busybox", nix: "busybox")
  public static let protoc = Software("protobuf-compiler", arch: "protobuf", nix: "protobuf")
  public static let qemuX86 = Software("qemu-system-x86", nix: "qemu")

  /// The QEMU of another architecture, by the name in its program's: Debian has several in one package.
  public static func qemu(_ architecture: String, debian: String) -> Software {
    if debian == qemuX86.debian { return qemuX86 }
    let own = "qemu-system-\(architecture)"
    return Software(debian, fedora: own, arch: own, nix: "qemu")
  }

  /// What an image of Debian is built with.
  private static let imageTools = [
    Software("mmdebstrap"), Software("mtools"), Software("dosfstools"), Software("e2fsprogs"),
    Software("binutils"), Software("coreutils"),
    Software("fdisk", fedora: "util-linux", arch: "util-linux", nix: "util-linux"),
    Software("util-linux"), Software("apt"),
  ]

  /// That of a Debian package; one that is not in the table has the same name everywhere.
  public init(debianName name: String) {
    self = Self.imageTools.first { $0.debian == name } ?? Software(name)
  }

  /// The command that installs it here: "sudo apt-get install swtpm".
  public var remedy: String { Self.remedy([self]) }

  /// The same for several. On a host of no known distribution, the commands of all of them.
  public static func remedy(
    _ software: [Software], on distribution: Distribution? = .host
  ) -> String {
    if let distribution { return distribution.command(software) }
    return Distribution.allCases.map { "\($0.name): \($0.command(software))" }
      .joined(separator: "; ")
  }
}
