import Events
import Glibc
import Processes

/// The host's virtiofsd, and what it can do here. There are two programs of that name: QEMU's own up
/// to version 7.2, and the later one that is written in Rust.
public struct VirtioFSD: Sendable, Hashable {
  public let path: String
  let isRust: Bool
  /// This process may make mount namespaces (CAP_SYS_ADMIN).
  let hasNamespaces: Bool

  /// Where distributions have it: it is in no PATH.
  private static let places = [
    "/usr/libexec/virtiofsd", "/usr/lib/virtiofsd", "/usr/lib/qemu/virtiofsd",
    "/usr/libexec/qemu/virtiofsd",
  ]

  /// Looked for once. `VMSCRIPT_VIRTIOFSD` names another program. Errors of kind missing say why
  /// there is none that could be used. Blocks for some 10 ms: not for the supervisor's thread.
  public static func find() throws(MachineError) -> VirtioFSD { try found.get() }

  private static let found = Result { () throws(MachineError) in try look() }

  /// What `find` would find, as far as can be told without asking it; one that is not there is taken
  /// for the later program.
  public static func rehearse() -> VirtioFSD {
    let found = candidates.lazy.compactMap { Launcher.find($0) }.first
    return VirtioFSD(
      path: found ?? "virtiofsd", isRust: found?.contains("/qemu/") != true,
      hasNamespaces: capabilities & 1 << 21 != 0)
  }

  public var isThere: Bool { path.hasPrefix("/") }

  private static var given: String? {
    getenv("VMSCRIPT_VIRTIOFSD").map { String(cString: $0) }
  }
  private static var candidates: [String] { given.map { [$0] } ?? ["virtiofsd"] + places }

  private static func look() throws(MachineError) -> VirtioFSD {
    guard let path = candidates.lazy.compactMap({ Launcher.find($0) }).first else {
      throw MachineError(
        .missing,
        given.map { "VMSCRIPT_VIRTIOFSD names '\($0)', which is no program" }
          ?? "there is no virtiofsd on this host: \(Software.virtiofsd.remedy) (Debian 12:"
          + " qemu-system-common)")
    }
    let capabilities = capabilities
    let server = VirtioFSD(
      path: path, isRust: isRust(try version(path)),
      hasNamespaces: capabilities & 1 << 21 != 0)
    // QEMU's gives up its groups first, and then wants a namespace or chroot(2) (CAP_SYS_CHROOT).
    if !server.isRust, geteuid() != 0 || (!server.hasNamespaces && capabilities & 1 << 18 == 0) {
      throw MachineError(.missing, "'\(path)', QEMU's own virtiofsd, works for root alone")
    }
    return server
  }

  /// "virtiofsd 1.13.2", where the other says "virtiofsd version 7.2.22", or, to all but root, that it
  /// cannot give up its groups.
  static func isRust(_ version: String) -> Bool {
    let words = version.split(whereSeparator: \.isWhitespace)
    return words.count > 1 && words[0] == "virtiofsd" && words[1].first?.isNumber == true
  }

  /// What it says of itself.
  private static func version(_ path: String) throws(MachineError) -> String {
    var command = Command(name: "virtiofsd", executable: path, arguments: ["--version"])
    command.standardOutput = .captured
    do throws(ProcessError) {
      let child = try Supervisor.sync { [command] () throws(ProcessError) in
        try Launcher.launch(command)
      }
      if child.exited.block(until: .after(10)) == nil {
        Supervisor.wait { await child.stop(.kill) }
      }
      return Supervisor.sync { child.errorOutput }
    } catch {
      throw MachineError(.missing, error.message)
    }
  }

  /// The effective ones, as a set of bits (proc(5)).
  private static var capabilities: UInt64 {
    for line in (Files.read("/proc/self/status") ?? "").split(separator: "\n")
    where line.hasPrefix("CapEff:") {
      return UInt64(line.dropFirst(7).filter { !$0.isWhitespace }, radix: 16) ?? 0
    }
    return 0
  }

  /// Why it cannot serve a share that is only to be read; nil if it can.
  public var whyNotReadOnly: String? {
    isRust || hasNamespaces
      ? nil
      : "'\(path)' serves what is only to be read from a mount of its own, and this process may make"
        + " none (CAP_SYS_ADMIN): use driver = \"9p\""
  }

  /// What serves `share` to who connects to the listening socket `listener`.
  func command(for share: Share, log: String) -> Command {
    let words = isRust ? rustWords(share) : words(share)
    var command = Command(name: "virtiofsd", executable: path, arguments: words)
    if share.isReadOnly && !isRust {
      // It cannot do that itself, and a guest's own mount option binds nobody.
      command.executable = "unshare"
      command.arguments =
        [
          "--mount", "--", "/bin/sh", "-ec",
          "mount --bind \"$0\" \"$0\"; mount -o remount,bind,ro \"$0\"; exec \"$@\"",
          Argument(share.path), Argument(path),
        ] + words
    }
    command.standardOutput = .file(log)
    command.standardError = .file(log)
    return command
  }

  /// timeout=0: what the host changes is seen at once, and not after a second.
  private func words(_ share: Share) -> [Argument] {
    // libfuse's options: a backslash takes a comma its meaning.
    let source = share.path.map { $0 == "," || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
    return [
      "--fd=\(descriptor: "listener")", "-o", "source=\(source)",
      "-o", "cache=auto,timeout=0,sandbox=\(hasNamespaces ? "namespace" : "chroot")",
    ]
  }

  private func rustWords(_ share: Share) -> [Argument] {
    // Without root it makes a user namespace of its own.
    let isChroot = geteuid() == 0 && !hasNamespaces
    return [
      "--fd=\(descriptor: "listener")", "--shared-dir=\(share.path)", "--cache=auto",
      "--sandbox=\(isChroot ? "chroot" : "namespace")",
    ] + (share.isReadOnly ? ["--readonly"] : [])
  }
}
