import Events

/// Guest ports and the host ports that lead to them, held from the making of the map on.
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
  }

  /// Sorted by guest port, TCP before UDP.
  public nonisolated let mappings: [Mapping]
  /// The machine that has it, nil if none.
  public internal(set) var holder: String?

  public init(_ requests: [Request]) throws(MachineError) { fatalError("unwritten") }

  /// The host's port for a guest's, TCP before UDP.
  public nonisolated subscript(guest: UInt16) -> UInt16? {
    mappings.first { $0.guest == guest }?.host
  }

  /// As QEMU's `hostfwd` takes them: "tcp:127.0.0.1:40123-:80".
  public nonisolated func forwards() -> [String] {
    mappings.map { "\($0.transport.rawValue):\($0.bind):\($0.host)-:\($0.guest)" }
  }
}
