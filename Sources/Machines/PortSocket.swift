import Events
import Glibc
import Processes

/// A bound socket that holds a port.
@Supervisor final class PortSocket {
  /// Ports that this run holds, to tell a script that it took one twice.
  private static var held: Set<String> = []

  let port: UInt16
  private let socket: Descriptor
  private let notice: DescriptorBox?
  private let key: String

  /// Binds `port`, or a free one if it is nil. Errors of kind connection.
  init(_ transport: PortMap.Transport, _ bind: String, _ port: UInt16?) throws(MachineError) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = (port ?? 0).bigEndian
    guard inet_pton(AF_INET, bind, &address.sin_addr) == 1 else {
      throw MachineError(.usage, "'\(bind)' is no IPv4 address to bind a port to")
    }
    let type = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
    let number = Glibc.socket(AF_INET, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw .system(.connection, "no socket for a port", errno) }
    let socket = Descriptor(owning: number)

    // A given port may be in TIME_WAIT from a run before: with SO_REUSEADDR that is no hindrance.
    // The option goes at once, since with it others could bind the port too. A free port is bound
    // without, so that the kernel looks for one that nobody has.
    if transport == .tcp && port != nil { Self.setReuse(number, true) }
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    let error = errno
    Self.setReuse(number, false)
    guard code == 0 else { throw Self.refusal(error, transport, bind, port) }
    self.port = Self.localPort(number)
    self.socket = socket
    notice = PortNotice.post(transport, bind, self.port)
    key = Self.key(transport, bind, self.port)
    Self.held.insert(key)
  }

  /// Notes a port that is not bound: a script that takes it twice is told so.
  static func rehearse(
    _ transport: PortMap.Transport, _ bind: String, _ port: UInt16
  ) throws(MachineError) {
    var address = in_addr()
    guard inet_pton(AF_INET, bind, &address) == 1 else {
      throw MachineError(.usage, "'\(bind)' is no IPv4 address to bind a port to")
    }
    let key = key(transport, bind, port)
    if held.contains(key) { throw inUse(transport, bind, port) }
    held.insert(key)
  }

  isolated deinit { Self.held.remove(key) }

  /// Whether another socket with SO_REUSEADDR may bind the port.
  func setShared(_ shared: Bool) { Self.setReuse(socket.number, shared) }

  private static func setReuse(_ number: Int32, _ on: Bool) {
    var value: Int32 = on ? 1 : 0
    setsockopt(
      number, SOL_SOCKET, SO_REUSEADDR, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func localPort(_ number: Int32) -> UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(number, $0, &length)
      }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  private static func key(_ transport: PortMap.Transport, _ bind: String, _ port: UInt16) -> String
  {
    "\(transport.rawValue) port \(port) of \(bind)"
  }

  private static func refusal(
    _ code: Int32, _ transport: PortMap.Transport, _ bind: String, _ port: UInt16?
  ) -> MachineError {
    guard let port else { return .system(.connection, "no free port on \(bind)", code) }
    switch code {
    case EADDRINUSE: return inUse(transport, bind, port)
    case EACCES:
      return MachineError(
        .connection, "\(key(transport, bind, port)) needs root: map a port above 1023")
    case EADDRNOTAVAIL:
      return MachineError(.connection, "this host has no address \(bind) to bind a port to")
    default: return .system(.connection, "\(key(transport, bind, port)) cannot be bound", code)
    }
  }

  /// The port is somebody else's: says whose, when that can be seen.
  static func inUse(
    _ transport: PortMap.Transport, _ bind: String, _ port: UInt16
  ) -> MachineError {
    let who: String
    if held.contains(key(transport, bind, port)) && PortOwner.find(port, transport) == nil {
      who = "another port map of this script has it"
    } else if let owner = PortOwner.find(port, transport) {
      who = "process \(owner.pid) (\(owner.command)) has it"
    } else if let owner = PortNotice.holder(transport, port) {
      who = "another run has it, process \(owner.pid) (\(owner.command))"
    } else {
      who = "by another user's process, or one that does not listen"
    }
    return MachineError(
      .connection,
      "\(key(transport, bind, port)) is in use: \(who); end that, or map another host port")
  }
}
