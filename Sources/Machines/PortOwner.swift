import Glibc
import Processes

/// Who has a port, as /proc tells (proc(5): /proc/net/tcp, /proc/[pid]/fd).
struct PortOwner {
  var pid: Int32
  var command: String

  /// The process that listens on a port, nil when there is none or it is another user's.
  static func find(_ port: UInt16, _ transport: PortMap.Transport) -> PortOwner? {
    let wanted = sockets(on: port, transport)
    guard !wanted.isEmpty else { return nil }
    for name in Folder.names(in: "/proc") {
      guard let pid = Int32(name), !sockets(of: pid).isDisjoint(with: wanted) else { continue }
      let command = Files.read("/proc/\(pid)/comm") ?? "unknown"
      return PortOwner(pid: pid, command: Console.sanitised(command.utf8))
    }
    return nil
  }

  /// The inodes of the sockets that take what comes to a port. The kernel gives its table in pieces,
  /// counting entries, and passes over some that were there all the time when others go meanwhile:
  /// that there is none is believed when it was said three times.
  static func sockets(on port: UInt16, _ transport: PortMap.Transport) -> Set<UInt64> {
    for _ in 0..<3 {
      let found = listed(port, transport)
      if !found.isEmpty { return found }
    }
    return []
  }

  private static func listed(_ port: UInt16, _ transport: PortMap.Transport) -> Set<UInt64> {
    var inodes: Set<UInt64> = []
    for table in ["/proc/net/\(transport.rawValue)", "/proc/net/\(transport.rawValue)6"] {
      for line in (Files.read(table) ?? "").split(separator: "\n").dropFirst() {
        let fields = line.split(separator: " ", maxSplits: 10)
        guard fields.count > 9, let inode = UInt64(fields[9]) else { continue }
        // A listening TCP socket is in state 0A, a UDP socket without a peer in 07.
        guard fields[3] == (transport == .tcp ? "0A" : "07") else { continue }
        guard let local = fields[1].split(separator: ":").last else { continue }
        if UInt16(local, radix: 16) == port { inodes.insert(inode) }
      }
    }
    return inodes
  }

  /// The inodes of the sockets that a process has open.
  static func sockets(of pid: Int32) -> Set<UInt64> {
    let directory = "/proc/\(pid)/fd"
    var inodes: Set<UInt64> = []
    for name in Folder.names(in: directory) {
      guard let target = Files.link("\(directory)/\(name)"), target.hasPrefix("socket:[") else {
        continue
      }
      if let inode = UInt64(target.dropFirst(8).dropLast()) { inodes.insert(inode) }
    }
    return inodes
  }
}
