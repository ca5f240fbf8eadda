import Glibc
import Guests
import Machines
import Notation
import Processes
import Record

/// The default guest, and the places where runs put files.
enum StorageChecks {
  /// Bytes with which the default guest is made, and a run's logs find room.
  private static let little: UInt64 = 256 << 20
  /// Bytes below which disks of machines will soon find none.
  private static let small: UInt64 = 1 << 30

  static func guest() -> Finding {
    let look: GuestLookout
    do throws(GuestError) { look = try GuestLookout() } catch {
      return Finding(
        "guest", .missing, error.message, remedy: "export XDG_CACHE_HOME=/a/directory/of/yours")
    }
    var details = [
      JSON.Member("folder", .string(look.folder)), JSON.Member("key", .string(look.key)),
      JSON.Member("size", .integer(Int64(clamping: look.size))),
      JSON.Member("writable", .bool(look.isWritable)),
      JSON.Member("made", .bool(look.image != nil)),
    ]
    let place =
      "\(look.folder) (\(HostMemory.shown(look.size))\(look.isWritable ? "" : ", read-only"))"
    if let image = look.image {
      details.append(JSON.Member("kernel_release", .string(image.kernelRelease)))
      let age =
        look.isCurrent || !look.isWritable
        ? "" : "; the host's packages have changed since, so the next run looks for a newer"
      let key = look.key.prefix(8)
      return Finding(
        "guest", .ok, "made: Linux \(image.kernelRelease), \(key) in \(place)\(age)", details)
    }
    if !look.isWritable {
      return Finding(
        "guest", .missing, "it has to be made, and \(look.folder) cannot be written",
        remedy: "export XDG_CACHE_HOME=/a/directory/of/yours", details)
    }
    if let obstacle = look.obstacle {
      return Finding(
        "guest", .missing, "it has to be made, and cannot be: \(obstacle)",
        remedy: "vmscript guest --kernel PATH, or copy the folder from a host that has it", details)
    }
    return Finding(
      "guest", .warn, "not made yet; the first run makes it, which needs the network",
      remedy: "vmscript guest", details)
  }

  static func findings() -> [Finding] {
    let cache = (Folder.variable("XDG_CACHE_HOME") ?? Folder.home.map { "\($0)/.cache" }) ?? nil
    return [
      place("cache", cache.map { "\($0)/vmscript" }, "XDG_CACHE_HOME", isVital: false),
      place("state", RunRecord.usualParent, "XDG_STATE_HOME", isVital: true),
      place("temporary", VolatileDirectory.parent(.disk), "TMPDIR", isVital: true),
      place("runtime", VolatileDirectory.parent(.runtime), "XDG_RUNTIME_DIR", isVital: true),
    ]
  }

  private static func place(
    _ id: String, _ path: String?, _ variable: String, isVital: Bool
  ) -> Finding {
    let remedy = "export \(variable)=/a/directory/of/yours"
    let level = isVital ? Finding.Level.missing : .warn
    guard let path else {
      return Finding(id, level, "there is no home directory for it", remedy: remedy)
    }
    let room = Folder.room(path)
    var details = [JSON.Member("path", .string(path))]
    if let room { details.append(JSON.Member("free", .integer(Int64(clamping: room)))) }
    guard Folder.canWrite(path) else {
      return Finding(id, level, "\(path) cannot be written", remedy: remedy, details)
    }
    let shown = room.map { ", \(HostMemory.shown($0)) free" } ?? ""
    // A file system for sockets is small, and none of it is used.
    let least = id == "temporary" ? small : id == "runtime" ? 1 << 20 : little
    if let room, room < least {
      return Finding(
        id, .warn, "\(path)\(shown): that is little", remedy: "make room, or \(remedy)", details)
    }
    return Finding(id, .ok, path + shown, details)
  }
}
