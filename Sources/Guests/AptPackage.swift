import Glibc
import Processes

/// A package of the distribution, as its package manager knows it. Nothing is installed, and no
/// right is needed.
struct AptPackage: Hashable {
  var name: String
  var version: String
  /// Those that it depends on, the first of each list of alternatives first.
  var dependencies: [String] = []
  /// Names of others that it can stand for.
  var provides: [String] = []

  /// What changes when the host learns of new packages (apt-get update).
  static var stamp: String { Files.stamp("/var/lib/apt/lists") }

  /// The newest that the host knows of, by what is in its package lists: no network.
  static func find(_ name: String, folder: String) throws(GuestError) -> AptPackage {
    do throws(GuestError) {
      return try describe([name], folder: folder).first ?? AptPackage(name: name, version: "")
    } catch {
      throw GuestError(
        .missing, "the package '\(name)' is not to be had (\(error.message)): apt-get update")
    }
  }

  /// What the package lists say of packages, each "NAME" or "NAME=VERSION".
  static func describe(_ names: [String], folder: String) throws(GuestError) -> [AptPackage] {
    let text = try HostProgram(
      executable: "apt-cache", arguments: ["show", "--no-all-versions"] + names, folder: folder
    ).run()
    var packages: [AptPackage] = []
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, !line.hasPrefix(" ") else { continue }
      let value = String(parts[1].drop { $0 == " " })
      if parts[0] == "Package" { packages.append(AptPackage(name: value, version: "")) }
      guard let last = packages.indices.last else { continue }
      switch parts[0] {
      case "Version": packages[last].version = value
      case "Depends", "Pre-Depends": packages[last].dependencies += Self.names(value)
      case "Provides": packages[last].provides += Self.names(value)
      default: break
      }
    }
    return packages
  }

  /// "a (>= 1) | b, c:any" names a, b and c.
  private static func names(_ list: String) -> [String] {
    list.split { $0 == "," || $0 == "|" }.compactMap { entry in
      entry.split { " (:[".contains($0) }.first.map(String.init)
    }
  }

  /// The first package that this one depends on whose name begins so: what a metapackage stands
  /// for.
  func dependency(_ prefix: String, folder: String) throws(GuestError) -> AptPackage {
    guard let name = dependencies.first(where: { $0.hasPrefix(prefix) }) else { return self }
    return try Self.find(name, folder: folder)
  }

  /// Its bytes: from `store` if they were downloaded before, so that a new version of this program
  /// needs no network either.
  func fetch(into folder: String, store: String) throws(GuestError) -> [UInt8] {
    try Self.download([self], into: folder, store: store)
    return try Files.read(kept(in: store))
  }

  private func kept(in store: String) -> String {
    "\(store)/\(name)_\(version.replacing(":", with: "%3a")).deb"
  }

  /// Downloads those that `store` does not have yet, by way of `folder`; the package manager checks
  /// their signatures.
  static func download(
    _ packages: [AptPackage], into folder: String, store: String
  ) throws(GuestError) {
    let wanted = packages.filter { !Files.exists($0.kept(in: store)) }
    guard !wanted.isEmpty else { return }
    var arguments =
      ["download", "-q"] + wanted.map { $0.version.isEmpty ? $0.name : "\($0.name)=\($0.version)" }
    // Its user for downloads cannot write to our folder, and warns.
    if geteuid() == 0 { arguments += ["-o", "APT::Sandbox::User=root"] }
    do throws(GuestError) {
      _ = try HostProgram(executable: "apt-get", arguments: arguments, folder: folder).run()
    } catch {
      if error.kind == .cancelled { throw error }
      let names = wanted.map { "'\($0.name)'" }
      let shown = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " …" : "")
      throw GuestError(
        .missing,
        "the package\(names.count > 1 ? "s" : "") \(shown) could not be downloaded"
          + " (\(error.message)): check the network, run apt-get update")
    }
    try Files.makeFolder(store)
    for package in wanted {
      guard
        let file = Folder.names(in: folder).first(where: {
          $0.hasPrefix("\(package.name)_") && $0.hasSuffix(".deb")
        })
      else { throw GuestError(.missing, "apt-get download left no file of '\(package.name)'") }
      for old in Folder.names(in: store) where old.hasPrefix("\(package.name)_") {
        unlink("\(store)/\(old)")
      }
      let kept = package.kept(in: store)
      guard rename("\(folder)/\(file)", kept) == 0 else {
        throw GuestError(.unusable, "\(kept): \(String(cString: strerror(errno)))")
      }
    }
  }
}
