import Processes

/// The processors that a QEMU emulates, as its program's name tells, and what of a machine's
/// arguments follows from them.
public struct Architecture: Sendable, Hashable {
  /// As in the program's name, for example "x86_64" or "aarch64".
  public let name: String

  public init(name: String) { self.name = name }

  /// Of a program `qemu-system-…` at any path; a program of another name is taken for this host's.
  public init(binary: String) {
    let file = binary.split(separator: "/").last ?? ""
    let prefix = "qemu-system-"
    name = file.hasPrefix(prefix) ? String(file.dropFirst(prefix.count)) : Self.host.name
  }

  /// This program's own.
  public static let host: Architecture = {
    #if arch(arm64)
      Architecture(name: "aarch64")
    #else
      Architecture(name: "x86_64")
    #endif
  }()

  public var isX86: Bool { name == "x86_64" || name == "i386" }

  /// The kind of board that a full machine gets; nil where QEMU has no usual one with PCI.
  var board: String? {
    if isX86 { return "q35" }
    return ["aarch64", "arm", "riscv64", "riscv32"].contains(name) ? "virt" : nil
  }

  /// All that TCG can do; nil where QEMU has no such choice (7.2 has none for RISC-V).
  var processor: String? {
    // Pointer authentication by the architecture's own cipher takes most of the time of a boot
    // under TCG; QEMU has a quick one instead (docs/system/arm/cpu-features.rst of QEMU).
    if name == "aarch64" { return "max,pauth-impdef=on" }
    return isX86 || name == "arm" ? "max" : nil
  }

  /// What Linux calls the first serial port of that board; nil where that is not known.
  public var serialConsole: String? {
    switch name {
    case "aarch64", "arm": "ttyAMA0"
    case _ where board != nil: "ttyS0"
    default: nil
    }
  }

  /// The TPM that the board takes: on a bus of its own on virt, at a fixed address on a PC.
  var tpmDevice: String { isX86 ? "tpm-tis" : "tpm-tis-device" }

  /// The QEMU that emulates it.
  public var software: Software { .qemu(name, debian: package) }

  /// The Debian package that has it.
  private var package: String {
    if name == "aarch64" { return "qemu-system-arm" }
    for family in ["arm", "mips", "ppc", "sparc"] where name.hasPrefix(family) {
      return "qemu-system-\(family)"
    }
    let others = ["riscv", "s390x", "alpha", "m68k", "sh4", "hppa", "loongarch", "xtensa"]
    return others.contains { name.hasPrefix($0) } ? "qemu-system-misc" : "qemu-system-x86"
  }
}

extension MachineSpecification {
  public var architecture: Architecture { Architecture(binary: binary) }

  /// The board that raw arguments ask for, as in `"-machine", "raspi3b"`; of several the last.
  private var ownBoard: String? {
    var board: String?
    var option = ""
    for argument in extraArguments {
      switch argument {
      case .text(let text):
        if option == "-machine" || option == "-M" {
          let first = text.prefix { $0 != "," }
          if !first.contains("=") { board = String(first) }
          if first.hasPrefix("type=") { board = String(first.dropFirst(5)) }
        }
        option = text
      case .options(let table):
        let isBoard = option == "-machine" || option == "-M"
        if isBoard, case .text(let text)? = table.positions.first { board = text }
        option = ""
      }
    }
    return board
  }

  /// The board to ask for; nil leaves it to the raw arguments, or to QEMU.
  var board: String? { hasUsualBoard ? architecture.board : nil }

  /// Whether it is the architecture's usual board, or a variant of it: what is known of that one
  /// holds. On a PC all have PCI.
  private var hasUsualBoard: Bool {
    guard !architecture.isX86, let ownBoard else { return true }
    return architecture.board.map { ownBoard.hasPrefix($0) } ?? false
  }

  /// Whether devices can be put on PCI.
  public var hasPCI: Bool { kind == .pc && board != nil }

  /// Whether firmware of its own, or the raw arguments, give QEMU something to boot.
  public var bootsByItself: Bool {
    if firmware.files != nil { return true }
    let options: Set<String> = [
      "-kernel", "-bios", "-drive", "-blockdev", "-pflash", "-cdrom", "-hda", "-sd", "-mtdblock",
      "-fda",
    ]
    return extraArguments.contains { argument in
      switch argument {
      case .text(let text): options.contains(text) || text.hasPrefix("loader,")
      case .options(let table):
        if case .text("loader")? = table.positions.first { true } else { false }
      }
    }
  }
}
