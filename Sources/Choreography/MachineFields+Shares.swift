import Events
import Glibc
import Guests
import Machines
import Scripting

/// Directories of the host that the guest can mount.
extension MachineFields {
  /// A share, and where the default guest mounts it.
  struct Mount {
    var share: Share
    var folder: String
    /// The script said where.
    var isGiven: Bool
  }

  /// `{ work = "path" }`, or a list of `{ path =, tag =, mount =, read_only =, driver = }`.
  mutating func readShares() throws(ScriptError) {
    guard let table = try fields.table("shares") else { return }
    let what = "\(fields.what): shares"
    guard table.entries.isEmpty else { throw .usage("\(what): positions have gaps") }
    for (index, value) in table.positions.enumerated() {
      guard case .table(let share) = value else {
        throw .usage("\(what)[\(index + 1)] wants { path =, tag = }, got \(value.shown)")
      }
      try addShare(share, tag: nil, "\(what)[\(index + 1)]")
    }
    for (tag, value) in table.fields {
      switch value {
      case .string: try addShare(Table(fields: [("path", value)]), tag: tag, "\(what).\(tag)")
      case .table(let share): try addShare(share, tag: tag, "\(what).\(tag)")
      default: throw .usage("\(what).\(tag) wants a path, or { path = }, got \(value.shown)")
      }
    }
    specification.shares = mounts.map(\.share)
  }

  private mutating func addShare(_ table: Table, tag name: String?, _ what: String)
    throws(ScriptError)
  {
    let known = ["path", "mount", "read_only", "driver"] + (name == nil ? ["tag"] : [])
    let own = try Fields(table, of: what, known: known)
    guard let path = try own.string("path") else { throw .usage("\(what) needs field 'path'") }
    var given = name
    if given == nil { given = try own.string("tag") }
    let tag = given ?? path.split(separator: "/").last.map(String.init) ?? ""
    guard Share.isTag(tag) else {
      throw .usage(
        "\(what): '\(tag)' is no tag: 1 to 36 letters, digits, '.', '_' and '-'"
          + (given == nil ? " (give field 'tag')" : ""))
    }
    let mount = try own.string("mount")
    if let mount, !Self.isFolder(mount) {
      throw own.wrong("mount", "an absolute path without spaces, commas and quotes")
    }
    let isReadOnly = try own.boolean("read_only") ?? false
    let (driver, server) = try driver(own, isReadOnly: isReadOnly)
    guard let real = realpath(path, nil) else {
      throw ScriptError(.missing, "\(what): '\(path)': \(String(cString: strerror(errno)))")
    }
    defer { free(real) }
    mounts.append(
      Mount(
        share: Share(
          path: String(cString: real), tag: tag, isReadOnly: isReadOnly, driver: driver,
          server: server),
        folder: mount ?? "/mnt/\(tag)", isGiven: mount != nil))
  }

  /// virtiofs where it works, else 9p.
  private func driver(_ own: Fields, isReadOnly: Bool) throws(ScriptError) -> (
    Share.Driver, VirtioFSD?
  ) {
    let name = try own.string("driver") ?? "auto"
    guard ["auto", "virtiofs", "9p"].contains(name) else {
      throw own.wrong("driver", "\"auto\", \"virtiofs\" or \"9p\"")
    }
    if name == "9p" { return (.plan9, nil) }
    do throws(MachineError) {
      let server = run.isRehearsal ? VirtioFSD.rehearse() : try VirtioFSD.find()
      if run.isRehearsal, name == "auto", !server.isThere { return (.plan9, nil) }
      if isReadOnly, let reason = server.whyNotReadOnly { throw MachineError(.missing, reason) }
      return (.virtiofs, server)
    } catch {
      if name == "auto" { return (.plan9, nil) }
      throw ScriptError(.missing, "\(own.what): \(error.message)")
    }
  }

  /// Stands for itself on a kernel's command line.
  private static func isFolder(_ path: String) -> Bool {
    path.hasPrefix("/") && path.utf8.count <= 200
      && path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !",\"'".utf8.contains($0) }
  }

  /// The words by which the default guest mounts them.
  func shareWords(_ image: GuestImage) throws(ScriptError) -> [String] {
    if mounts.contains(where: { $0.share.driver == .plan9 }), image.lacks(module: "9p") {
      var reason = "leave 'driver' out"
      do throws(MachineError) { _ = try VirtioFSD.find() } catch { reason = error.message }
      throw ScriptError(
        .missing,
        "\(fields.what): shares: the default guest's kernel (\(image.kernelRelease)) knows virtiofs and"
          + " not 9p: \(reason)")
    }
    return mounts.map { mount in
      let access = mount.share.isReadOnly ? "ro" : "rw"
      return
        "vmscript.share=\(mount.share.tag),\(mount.share.driver.rawValue),\(access),\(mount.folder)"
    }
  }

  func refuseMounts() throws(ScriptError) {
    guard let mount = mounts.first(where: \.isGiven) else { return }
    let share = mount.share
    throw .usage(
      "\(fields.what): shares are mounted by the default guest alone; in your own guest run: mount -t"
        + " \(share.driver.rawValue) \(share.tag) \(mount.folder)")
  }
}
