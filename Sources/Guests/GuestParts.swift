import Glibc
import Processes

/// What an image is made of, before it is fetched: `inputs` tells all of it that can change.
struct GuestParts {
  enum Kernel {
    case package(AptPackage)
    /// Of the host: /boot/vmlinuz-RELEASE and /lib/modules/RELEASE.
    case host(release: String)
    /// The user's own, with its drivers built in.
    case file(String)
  }
  enum Busybox {
    case package(AptPackage)
    case host(path: String)
  }
  var kernel: Kernel
  var busybox: Busybox

  /// Changed whenever this program puts the same parts together in another way.
  static let recipe = "5"

  /// Looks what there is, without the network.
  static func find(kernel file: String?, folder: String) throws(GuestError) -> GuestParts {
    GuestParts(
      kernel: try findKernel(file, folder: folder), busybox: try findBusybox(folder: folder))
  }

  /// A host's own static busybox.
  static var hostBusybox: String? {
    ["/bin/busybox", "/usr/bin/busybox"].first { path in
      guard let bytes = try? Files.read(path) else { return false }
      return isStatic(bytes)
    }
  }

  static func check(kernel file: String) throws(GuestError) {
    guard access(file, R_OK) == 0 else {
      throw GuestError(.missing, "kernel '\(file)': \(String(cString: strerror(errno)))")
    }
  }

  /// Why the parts cannot be had here, as far as can be told without the network.
  static var obstacle: String? {
    let hasApt = Launcher.find("apt-get") != nil
    if !hasApt && hostRelease == nil {
      return "there is neither apt-get nor a kernel in /boot that may be read"
    }
    if !hasApt && hostBusybox == nil {
      return "there is neither apt-get nor a static busybox: \(Software.busybox.remedy)"
    }
    do throws(GuestError) { try Archive.load() } catch { return error.message }
    return nil
  }

  private static func findKernel(_ file: String?, folder: String) throws(GuestError) -> Kernel {
    if let file {
      try check(kernel: file)
      return .file(file)
    }
    do throws(GuestError) {
      let package = try AptPackage.find("linux-image-cloud-amd64", folder: folder)
      return .package(try package.dependency("linux-image-", folder: folder))
    } catch {
      if let release = hostRelease { return .host(release: release) }
      throw GuestError(
        .missing,
        "the default guest has no kernel: \(error.message), or give one with --kernel PATH")
    }
  }

  /// The newest kernel in /boot that may be read and whose modules are there.
  private static var hostRelease: String? {
    Folder.names(in: "/boot").filter { $0.hasPrefix("vmlinuz-") }.map { String($0.dropFirst(8)) }
      .filter {
        access("/boot/vmlinuz-\($0)", R_OK) == 0
          && Files.exists("/lib/modules/\($0)/kernel/drivers/virtio")
      }
      .sorted().last
  }

  private static func findBusybox(folder: String) throws(GuestError) -> Busybox {
    if let path = hostBusybox { return .host(path: path) }
    do throws(GuestError) {
      return .package(try AptPackage.find("busybox-static", folder: folder))
    } catch {
      throw GuestError(.missing, "\(error.message), or \(Software.busybox.remedy)")
    }
  }

  /// An ELF program without an interpreter (PT_INTERP, 3).
  private static func isStatic(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { file in
      guard file.count > 64, file.little(UInt32.self, at: 0) == 0x464C_457F else { return false }
      let table = Int(truncatingIfNeeded: file.little(UInt64.self, at: 32))
      let size = Int(file.little(UInt16.self, at: 54))
      let count = Int(file.little(UInt16.self, at: 56))
      guard table > 0, size >= 56, table <= file.count - size * count else { return false }
      return (0..<count).allSatisfy { file.little(UInt32.self, at: table + $0 * size) != 3 }
    }
  }

  /// One line for each part.
  var inputs: String {
    var lines = ["recipe \(Self.recipe)", "agent \(EmbeddedAgent.digest)"]
    switch kernel {
    case .package(let package): lines.append("kernel package \(package.name) \(package.version)")
    case .host(let release):
      lines.append("kernel host \(release) \(Files.stamp("/boot/vmlinuz-\(release)"))")
    case .file(let path): lines.append("kernel file \(path) \(Files.stamp(path))")
    }
    switch busybox {
    case .package(let package): lines.append("busybox package \(package.version)")
    case .host(let path): lines.append("busybox host \(path) \(Files.stamp(path))")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
