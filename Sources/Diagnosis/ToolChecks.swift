import Machines
import Notation
import Processes
import RemoteCalls

/// Programs beside QEMU, each of which some scripts need.
enum ToolChecks {
  static func findings() -> (machines: [Finding], others: [Finding]) {
    (
      [firmware, virtiofsd],
      [
        grpc, tool("protoc", "protoc", .protoc, "proto.load of .proto files"),
        tool("qemu-img", "qemu-img", .qemuTools, "disk:save"), images,
      ]
    )
  }

  static func swtpm(_ question: Question) -> Finding {
    let remedy = Software.swtpm.remedy
    guard let path = question.path else {
      return Finding("swtpm", .warn, "there is none, and tpm {} needs it", remedy: remedy)
    }
    let details = [JSON.Member("path", .string(path))]
    switch question.answer() {
    case .text(let text):
      // "TPM emulator version 0.7.1, Copyright …"
      let version = text.firstRange(of: "version ").map { range in
        text[range.upperBound...].prefix { $0.isNumber || $0 == "." }
      }
      guard let version, !version.isEmpty else {
        return Finding(
          "swtpm", .warn, "\(path) does not answer as swtpm does", remedy: remedy, details)
      }
      return Finding("swtpm", .ok, "\(path), version \(version)", details)
    case .failed(let reason):
      return Finding("swtpm", .warn, "\(path) does not run: \(reason)", remedy: remedy, details)
    case .none, .absent:
      return Finding("swtpm", .warn, "\(path) does not answer", remedy: remedy, details)
    }
  }

  private static var firmware: Finding {
    do throws(MachineError) {
      let files = try FirmwareFiles.find()
      return Finding(
        "uefi", .ok, "\(files.code.path), variables \(files.variables.path)",
        [
          JSON.Member("code", .string(files.code.path)),
          JSON.Member("vars", .string(files.variables.path)),
        ])
    } catch {
      return Finding(
        "uefi", .warn, "there is no OVMF, and firmware = \"uefi\" needs it",
        remedy: Software.ovmf.remedy)
    }
  }

  private static var virtiofsd: Finding {
    do throws(MachineError) {
      let server = try VirtioFSD.find()
      return Finding("virtiofsd", .ok, server.path, [JSON.Member("path", .string(server.path))])
    } catch {
      return Finding(
        "virtiofsd", .warn,
        "\(error.message); shares go by 9p, which the default guest may not know",
        remedy: Software.virtiofsd.remedy)
    }
  }

  private static var grpc: Finding {
    guard let path = HelperProgram.path else {
      return Finding(
        "grpc", .warn,
        "vmscript-grpc is neither beside vmscript nor in PATH, and ports:grpc needs it",
        remedy: "make build")
    }
    return Finding("grpc", .ok, path, [JSON.Member("path", .string(path))])
  }

  private static func tool(
    _ id: String, _ program: String, _ software: Software, _ use: String
  ) -> Finding {
    guard let path = Launcher.find(program) else {
      return Finding(id, .warn, "there is none, and \(use) needs it", remedy: software.remedy)
    }
    return Finding(id, .ok, path, [JSON.Member("path", .string(path))])
  }

  /// The programs of vmscript.debian, by Debian's packages.
  private static let imageTools = [
    ("mmdebstrap", "mmdebstrap"), ("mcopy", "mtools"), ("mkfs.vfat", "dosfstools"),
    ("mke2fs", "e2fsprogs"), ("objcopy", "binutils"), ("sfdisk", "fdisk"), ("flock", "util-linux"),
    ("sha256sum", "coreutils"), ("apt-get", "apt"),
  ]

  private static var images: Finding {
    let lacking = imageTools.filter { program, _ in
      // Users' PATH seldom has these two.
      (["", "/usr/sbin/", "/sbin/"]).allSatisfy { Launcher.find($0 + program) == nil }
    }
    if lacking.isEmpty { return Finding("images", .ok, "vmscript.debian has all that it needs") }
    return Finding(
      "images", .warn,
      "vmscript.debian needs \(lacking.map(\.0).joined(separator: ", ")), which is not here",
      remedy: Software.remedy(lacking.map { Software(debianName: $0.1) }),
      [JSON.Member("lacking", .array(lacking.map { .string($0.0) }))])
  }
}
