import Glibc
import Machines
import Notation
import Processes

/// Memory, and limits on what a run may have.
enum LimitChecks {
  /// Bytes of a microvm {} as it is made unless a script says, with its QEMU.
  private static let machine: UInt64 = (256 << 20) + HostRoom.overhead
  /// Descriptors of this program for a machine: QMP, consoles, agent, logs, pidfd, ports (measured).
  private static let descriptorsPerMachine = 12
  /// Threads of a machine: QEMU has about eight, and each helper some.
  private static let threadsPerMachine = 12

  static func findings() -> [Finding] { [memory, descriptors, processes] }

  private static var memory: Finding {
    let room = HostMemory.room()
    let free = min(HostMemory.available ?? .max, room?.bytes ?? .max)
    guard free != .max else {
      return Finding("memory", .warn, "it cannot be told how much there is")
    }
    var details = [
      JSON.Member("available", .integer(Int64(clamping: free))),
      JSON.Member("machine", .integer(Int64(clamping: machine))),
    ]
    if let room {
      details.append(JSON.Member("room", .integer(Int64(clamping: room.bytes))))
      details.append(JSON.Member("limited_by", .string(room.owner)))
    }
    let of = room.map { " of \($0.owner)'s \(HostMemory.shown($0.bytes))" } ?? ""
    let text =
      "\(HostMemory.shown(free)) free\(of); a microvm {} takes \(HostMemory.shown(machine))"
    if free >= 2 * machine { return Finding("memory", .ok, text, details) }
    let remedy =
      room?.owner == "this host"
      ? "end what takes it" : "raise the memory limit of \(room?.owner ?? "")"
    return Finding("memory", free < machine ? .missing : .warn, text, remedy: remedy, details)
  }

  private static var descriptors: Finding {
    let (soft, hard) = DescriptorLimit.present
    let count = (soft - DescriptorLimit.least) / descriptorsPerMachine
    let details = [
      JSON.Member("soft", .integer(Int64(soft))), JSON.Member("hard", .integer(Int64(hard))),
    ]
    let text = "\(soft) (ulimit -n), enough for some \(max(0, count)) machines at a time"
    if count >= 20 { return Finding("descriptors", .ok, text, details) }
    return Finding(
      "descriptors", .warn, text,
      remedy: "raise the hard limit of \(hard), as by LimitNOFILE= of a service, or nofile in"
        + " /etc/security/limits.conf",
      details)
  }

  /// Threads count too. Root has no limit of its own (setrlimit(2)), but its cgroup has.
  private static var processes: Finding {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(__RLIMIT_NPROC.rawValue), &limit)
    let own = geteuid() == 0 ? UInt64.max : UInt64(limit.rlim_cur)
    let group = ControlGroup.own("pids").compactMap { group in
      group.number("pids.max").map { (most: $0, used: group.number("pids.current") ?? 0) }
    }.map { $0.most - min($0.most, $0.used) }.min()
    let least = min(own, group ?? .max)
    if least > UInt64(Int64.max) { return Finding("processes", .ok, "no limit") }
    let isGroup = least != own
    let count = least / UInt64(threadsPerMachine)
    let text =
      "\(least) \(isGroup ? "more in this cgroup (pids.max)" : "of this user (ulimit -u)"), enough for"
      + " some \(count) machines at a time"
    let details = [JSON.Member("most", .integer(Int64(least)))]
    if count >= 20 { return Finding("processes", .ok, text, details) }
    return Finding(
      "processes", count == 0 ? .missing : .warn, text,
      remedy: isGroup
        ? "raise pids.max of the cgroup (of a container: --pids-limit)" : "ulimit -u 4096",
      details)
  }
}
