import Processes

/// Finds which packages a guest gets for those that a script names.
struct AptResolver {
  /// Where programs may run and leave their output.
  var folder: String

  /// What only serves to install something, or what busybox and the agent do in the default guest.
  /// A package that a script names itself is put in all the same.
  private static let needless: Set<String> = [
    "adduser", "base-files", "base-passwd", "bsdutils", "coreutils", "dash", "dbus-user-session",
    "debconf", "debianutils", "diffutils", "dpkg", "findutils", "grep", "gzip", "hostname",
    "init-system-helpers", "install-info", "libc-bin", "libpam-systemd", "login", "lsb-base",
    "mount", "passwd", "sed", "systemd", "systemd-sysv", "sysvinit-utils", "tar", "ucf", "udev",
    "usrmerge", "util-linux",
  ]

  /// Those packages and all that they need, by apt's own resolver and the host's package lists, as
  /// if nothing were installed: no network, no right. In the order in which they are unpacked.
  func resolve(_ names: [String]) throws(GuestError) -> [AptPackage] {
    guard !names.isEmpty else { return [] }
    guard Launcher.find("apt-get") != nil else {
      throw GuestError(
        .missing,
        "packages for a guest are taken with apt-get, which is not on this host: use a Debian or"
          + " Ubuntu, or bring static programs by 'files'")
    }
    let found = try AptPackage.describe(try simulate(names), folder: folder)
    var byName: [String: [Int]] = [:]
    for (index, package) in found.enumerated() {
      for name in [package.name] + package.provides { byName[name, default: []].append(index) }
    }
    if let name = names.first(where: { byName[$0] == nil }) {
      throw GuestError(
        .missing,
        "apt says nothing of the package '\(name)', which it would install: apt-get update")
    }
    var reached: Set<Int> = []
    var rest = names.flatMap { byName[$0] ?? [] }
    while let index = rest.popLast() {
      guard reached.insert(index).inserted else { continue }
      for name in found[index].dependencies {
        rest += (byName[name] ?? []).filter { !Self.needless.contains(found[$0].name) }
      }
    }
    return reached.sorted().map { found[$0] }
  }

  /// "NAME=VERSION" of all that apt would install.
  private func simulate(_ names: [String]) throws(GuestError) -> [String] {
    let output: String
    do throws(GuestError) {
      output = try HostProgram(
        executable: "apt-get",
        arguments: [
          "install", "--simulate", "--quiet", "--no-install-recommends",
          // As if the host had none, and without the cache file that would have to tell so.
          "-o", "Dir::State::status=/dev/null", "-o", "Dir::Cache::pkgcache=",
          "-o", "APT::Get::Show-User-Simulation-Note=false",
        ] + names, folder: folder
      ).run()
    } catch {
      throw Self.explain(error)
    }
    // Inst redis-server (5:7.0.15-1 Debian:12 [amd64])
    return output.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count > 2, words[0] == "Inst", words[2].hasPrefix("(") else { return nil }
      return "\(words[1])=\(words[2].dropFirst())"
    }
  }

  /// apt's words for a name that it does not know, in ours.
  private static func explain(_ error: GuestError) -> GuestError {
    guard error.kind != .cancelled else { return error }
    let message = error.message
    for (before, after) in [
      ("E: Unable to locate package ", ""), ("E: Package '", "' has no installation candidate"),
    ] {
      guard let start = message.firstRange(of: before)?.upperBound, message.hasSuffix(after) else {
        continue
      }
      return GuestError(
        .missing,
        "there is no package '\(message[start...].dropLast(after.count))' among those that apt knows"
          + " on this host: correct its name, or run apt-get update")
    }
    return GuestError(.missing, "apt cannot put the packages together (\(message))")
  }
}
