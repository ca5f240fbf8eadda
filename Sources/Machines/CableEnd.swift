import Events
import Processes

/// One end of a cable. It belongs to one living machine, or else to the script.
public struct CableEnd: Sendable, Hashable {
  let core: CableCore
  let side: CableSide
  let peer: CableSide

  init(_ core: CableCore, _ side: CableSide, peer: CableSide) {
    self.core = core
    self.side = side
    self.peer = peer
  }

  /// What messages call it, for example "cable1.left".
  public var label: String { side.label }
  /// What has come for the script.
  public var inbox: Inbox { side.inbox }
  /// What the script wrote that waits.
  public var outbox: Outbox { side.outbox }
  var readable: Event<Bool> { side.inbox.readable }

  public static func == (a: CableEnd, b: CableEnd) -> Bool { a.side === b.side }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(side)) }
}

@Supervisor extension CableEnd {
  /// The machine that has it, nil if it is the script's.
  public var holder: String? { side.holder }
  /// What the cable carries, nil until an end was given away.
  public var kind: Cable.Kind? { core.kind }
  public var isPlugged: Bool { core.isPlugged }
  /// Nothing will come any more: the machine at the other end has ended and all it sent was read.
  public var hasEnded: Bool { side.inbox.hasEnded }

  /// The script reads: at most `limit` bytes, or one frame; empty when there is nothing (yet, or
  /// ever: see `hasEnded`). Errors of kind usage if a machine has the end, or the other is free.
  public func read(_ limit: Int = 64 << 10) throws(MachineError) -> [UInt8] {
    guard case .bytes(let bytes) = try inbox.read(limit) else { return [] }
    return bytes
  }

  /// The next line without its line feed; nil when there is no whole one (yet, or ever). What comes
  /// after the last line feed is a line when nothing more will come.
  public func readLine() throws(MachineError) -> [UInt8]? {
    guard case .bytes(let line) = try inbox.readLine() else { return nil }
    return line
  }

  /// The script writes bytes, or one frame. A frame that does not get there is lost; bytes wait until
  /// the guest takes them. False, with nothing queued, when too many wait already: `outbox` tells
  /// when there is room. Errors of kind connection when bytes cannot get there.
  @discardableResult public func write(_ bytes: [UInt8]) throws(MachineError) -> Bool {
    try side.write(bytes)
  }

  /// Takes carrier from both machines, now and whenever they start, until it is plugged in again.
  public func unplug() async throws(MachineError) { try await core.setPlugged(false, label) }
  public func plug() async throws(MachineError) { try await core.setPlugged(true, label) }

  /// Gives the end to a machine: the descriptor for QEMU, or for the console in between.
  /// `what` is what messages call the holder.
  func claim(
    for machine: String, _ kind: Cable.Kind, as what: String = "machine", mac: String? = nil,
    setCarrier: (@Supervisor (Bool) async throws(MachineError) -> Void)? = nil
  ) throws(MachineError) -> DescriptorBox {
    try core.settle(kind, label)
    if let mac, let other = peer.holder, peer.mac?.lowercased() == mac.lowercased() {
      throw MachineError(
        .usage,
        "the MAC address \(mac) is at both ends of the cable of '\(label)': machine '\(other)' has it"
          + " already", machine: machine)
    }
    let descriptor = try side.claim(machine, as: what, setCarrier: setCarrier)
    side.mac = mac
    peer.peerChanged(isAlive: true)
    return descriptor
  }

  /// Gives the end to a network, for as long as the cable lives: a datagram socket of frames. Errors of
  /// kind usage if another has it, or the cable carries bytes.
  public func join(network: String) throws(MachineError) -> DescriptorBox {
    try claim(for: network, .frames, as: "network")
  }

  /// Settles what the cable carries before an end is given away.
  public func settle(_ kind: Cable.Kind) throws(MachineError) { try core.settle(kind, label) }

  func release() {
    side.release()
    peer.peerChanged(isAlive: false)
  }
}
