import Events
import Glibc
import Processes

/// Guest ports and the host ports that lead to them, held from the making of the map on: nobody else
/// gets them, not even between two boots.
///
/// A TCP port is held by a socket that is bound to it without SO_REUSEADDR and never listens. QEMU
/// sets SO_REUSEADDR on the socket it forwards from (libslirp); so that it can bind beside ours,
/// ours has the option too while QEMU starts. That QEMU and no other got the port is looked up.
/// A UDP port cannot be shared so: it is let go when QEMU starts.
@Supervisor public final class PortMap {
  public enum Transport: String, Sendable, Hashable { case tcp, udp }

  public struct Request: Sendable, Hashable {
    public var guest: UInt16
    /// nil for a free one.
    public var host: UInt16?
    public var transport: Transport
    /// An IPv4 address of the host.
    public var bind: String

    public init(
      guest: UInt16, host: UInt16? = nil, transport: Transport = .tcp, bind: String = "127.0.0.1"
    ) {
      self.guest = guest
      self.host = host
      self.transport = transport
      self.bind = bind
    }
  }

  public struct Mapping: Sendable, Hashable {
    public var guest: UInt16
    public var host: UInt16
    public var transport: Transport
    public var bind: String
    /// The host's port was chosen because it was free.
    public var isChosen = false

    /// The address to connect to from this host.
    public var address: String { bind == "0.0.0.0" ? "127.0.0.1" : bind }

    /// As QEMU's `hostfwd` takes it: "tcp:127.0.0.1:40123-:80".
    public var forward: String { "\(transport.rawValue):\(bind):\(host)-:\(guest)" }
  }

  /// Sorted by guest port, TCP before UDP.
  public nonisolated let mappings: [Mapping]
  /// The machine that has it, nil if none.
  public private(set) var holder: String?

  private var sockets: [PortSocket?]
  private var hasEnded = false
  private let isRehearsal: Bool

  /// Holds the ports. Errors of kind usage for a request that cannot be, of kind connection for a
  /// port that is not to be had, which name its owner when the host can tell. `isRehearsal`: only ports
  /// that have to be chosen are held.
  public init(_ requests: [Request], isRehearsal: Bool = false) throws(MachineError) {
    self.isRehearsal = isRehearsal
    var held: [(mapping: Mapping, socket: PortSocket?)] = []
    for request in requests {
      let isDouble = held.contains {
        $0.mapping.guest == request.guest && $0.mapping.transport == request.transport
      }
      if isDouble {
        throw MachineError(
          .usage, "guest port \(request.guest)/\(request.transport.rawValue) is mapped twice")
      }
      if request.guest == 0 || request.host == 0 {
        throw MachineError(.usage, "port 0 cannot be mapped")
      }
      var socket: PortSocket?
      if isRehearsal, let port = request.host {
        try PortSocket.rehearse(request.transport, request.bind, port)
      } else {
        socket = try PortSocket(request.transport, request.bind, request.host)
      }
      held.append(
        (
          Mapping(
            guest: request.guest, host: socket?.port ?? request.host ?? 0,
            transport: request.transport, bind: request.bind, isChosen: request.host == nil),
          socket
        ))
    }
    held.sort {
      ($0.mapping.guest, $0.mapping.transport.rawValue)
        < ($1.mapping.guest, $1.mapping.transport.rawValue)
    }
    mappings = held.map(\.mapping)
    sockets = held.map(\.socket)
  }

  /// The host's port for a guest's, TCP before UDP.
  public nonisolated subscript(guest: UInt16) -> UInt16? {
    mappings.first { $0.guest == guest }?.host
  }

  public nonisolated func forwards() -> [String] { mappings.map(\.forward) }

  /// Gives the map to a machine, whose QEMU is started next.
  func claim(for machine: String) throws(MachineError) {
    if let holder {
      throw MachineError(
        .usage,
        "a port map is in machine '\(holder)': it belongs to one machine at a time (make another)",
        machine: machine)
    }
    if hasEnded {
      throw MachineError(.usage, "its port map has been closed (make another)", machine: machine)
    }
    if isRehearsal {
      holder = machine
      return
    }
    try holdAgain()
    holder = machine
    for index in mappings.indices {
      if mappings[index].transport == .tcp {
        sockets[index]?.setShared(true)
      } else {
        sockets[index] = nil
      }
    }
  }

  /// QEMU is up: finds out whether it is the one that has the ports, and holds them against others
  /// for the time after it.
  func confirm(pid: Int32) throws(MachineError) {
    defer { setExclusive() }
    let own = PortOwner.sockets(of: pid)
    for mapping in mappings {
      let owners = PortOwner.sockets(on: mapping.host, mapping.transport)
      if own.isDisjoint(with: owners) { throw lost(mapping) }
    }
  }

  /// QEMU ended.
  func release() {
    holder = nil
    setExclusive()
    // What fails here is reported at the next claim.
    try? holdAgain()
  }

  /// Gives the ports back for good, at the end of a machine that has them.
  public func end() {
    hasEnded = true
    for index in sockets.indices { sockets[index] = nil }
  }

  /// What to say when QEMU could not bind one of the ports, as its message tells.
  func refusal(_ standardError: String) -> MachineError? {
    guard standardError.utf8.count < 1 << 20 else { return nil }
    for mapping in mappings where standardError.contains("rule '\(mapping.forward)'") {
      return lost(mapping)
    }
    return nil
  }

  private func setExclusive() {
    for socket in sockets { socket?.setShared(false) }
  }

  private func holdAgain() throws(MachineError) {
    for (index, mapping) in mappings.enumerated() where sockets[index] == nil && !hasEnded {
      sockets[index] = try PortSocket(mapping.transport, mapping.bind, mapping.host)
    }
  }

  private func lost(_ mapping: Mapping) -> MachineError {
    PortSocket.inUse(mapping.transport, mapping.bind, mapping.host)
  }
}
