import Glibc
import Processes

/// A package of the distribution, as its package manager knows it. Nothing is installed, and no
/// right is needed.
struct AptPackage: Hashable {
  var name: String
  var version: String
  var dependencies: [String] = []

  /// What changes when the host learns of new packages (apt-get update).
  static var stamp: String { Files.stamp("/var/lib/apt/lists") }

  /// The newest that the host knows of, by what is in its package lists: no network.
  static func find(_ name: String, folder: String) throws(GuestError) -> AptPackage {
    let text: String
    do throws(GuestError) {
      text = try HostProgram(
        executable: "apt-cache", arguments: ["show", "--no-all-versions", name], folder: folder
      ).run()
    } catch {
      throw GuestError(
        .missing, "the package '\(name)' is not to be had (\(error.message)): apt-get update")
    }
    var package = AptPackage(name: name, version: "", dependencies: [])
    for line in text.split(separator: "\n") {
      if line.hasPrefix("Version: ") { package.version = String(line.dropFirst(9)) }
      if line.hasPrefix("Depends: ") {
        package.dependencies = line.dropFirst(9).split(separator: ",").compactMap {
          $0.split(separator: " ").first.map(String.init)
        }
      }
    }
    return package
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
    let kept = "\(store)/\(name)_\(version.replacing(":", with: "%3a")).deb"
    if Files.exists(kept) { return try Files.read(kept) }
    let bytes = try download(into: folder)
    try Files.makeFolder(store)
    for old in Folder.names(in: store) where old.hasPrefix("\(name)_") { unlink("\(store)/\(old)") }
    try Files.write(bytes, to: "\(kept).new")
    guard rename("\(kept).new", kept) == 0 else {
      throw GuestError(.unusable, "\(kept): \(String(cString: strerror(errno)))")
    }
    return bytes
  }

  /// Downloads it into `folder`; the package manager checks its signature.
  private func download(into folder: String) throws(GuestError) -> [UInt8] {
    var arguments = ["download", "-q", name]
    // Its user for downloads cannot write to our folder, and warns.
    if geteuid() == 0 { arguments += ["-o", "APT::Sandbox::User=root"] }
    do throws(GuestError) {
      _ = try HostProgram(executable: "apt-get", arguments: arguments, folder: folder).run()
    } catch {
      throw GuestError(
        .missing,
        "the package '\(name)' could not be downloaded (\(error.message)):"
          + " check the network, run apt-get update, or give your own kernel with --kernel PATH")
    }
    guard
      let file = Folder.names(in: folder).first(where: {
        $0.hasPrefix("\(name)_") && $0.hasSuffix(".deb")
      })
    else { throw GuestError(.missing, "apt-get download left no file of '\(name)'") }
    defer { unlink("\(folder)/\(file)") }
    return try Files.read("\(folder)/\(file)")
  }
}
