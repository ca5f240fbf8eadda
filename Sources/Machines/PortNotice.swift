import Glibc
import Processes

/// Tells other runs who holds a port. A socket that is bound and neither listens nor is connected is
/// in no table that others can read; the name of an abstract Unix socket (unix(7)) is in
/// /proc/net/unix, belongs to the same network namespace as the port, and goes with its process.
enum PortNotice {
  private static let prefix = "vmscript-port/"

  private static func name(
    _ transport: PortMap.Transport, _ address: String, _ port: UInt16
  ) -> String {
    "\(prefix)\(transport.rawValue)/\(address)/\(port)/"
  }

  /// A notice that stands until it is closed; nil if it cannot be put up, since it is for messages
  /// alone.
  static func post(
    _ transport: PortMap.Transport, _ address: String, _ port: UInt16
  ) -> DescriptorBox? {
    let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
    let number = Glibc.socket(AF_UNIX, kind, 0)
    guard number >= 0 else { return nil }
    let socket = DescriptorBox(Descriptor(owning: number))
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let text = Array((Self.name(transport, address, port) + "\(getpid())").utf8)
    let offset = MemoryLayout<sa_family_t>.size + 1
    guard text.count < MemoryLayout.size(ofValue: name.sun_path) else { return nil }
    let code = withUnsafeMutableBytes(of: &name) { bytes in
      // An abstract name begins with a zero byte and has no end but its length.
      for (index, byte) in text.enumerated() { bytes[offset + index] = byte }
      return Glibc.bind(
        number, bytes.bindMemory(to: sockaddr.self).baseAddress, socklen_t(offset + text.count))
    }
    return code == 0 ? socket : nil
  }

  /// The process of another run that holds a port of the host, whatever its address.
  static func holder(_ transport: PortMap.Transport, _ port: UInt16) -> PortOwner? {
    for line in (Files.read("/proc/net/unix") ?? "").split(separator: "\n") {
      guard let name = line.split(separator: " ").last, name.hasPrefix("@" + prefix) else {
        continue
      }
      let parts = name.split(separator: "/")
      guard parts.count == 5, parts[1] == transport.rawValue, parts[3] == String(port),
        let pid = Int32(parts[4]), pid != getpid()
      else { continue }
      let words = (Files.read("/proc/\(pid)/cmdline") ?? "").split(separator: "\0")
      let line = Console.sanitised(words.joined(separator: " ").utf8)
      return PortOwner(pid: pid, command: line.isEmpty ? "unknown" : String(line.prefix(120)))
    }
    return nil
  }
}
