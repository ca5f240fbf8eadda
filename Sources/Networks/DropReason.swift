/// Why a frame went no further.
public enum DropReason: UInt8, Sendable, CaseIterable {
  /// Lost by chance, or by a rule that loses all it matches.
  case loss
  /// The queue in front of a limited rate was full.
  case limit
  /// It would have opened a connection in a direction that may open none.
  case opening
  /// The ports are in different groups of a partition.
  case partition
  /// This direction of this pair is cut.
  case cut
  /// The port's cable is out.
  case unplugged
  /// The receiving port's queue was full: its machine reads too slowly.
  case slowReceiver
  /// There is no room for more held or delayed frames.
  case memory
  /// The port is not in the frame's VLAN.
  case vlan
  /// Nobody else is there, or its sender's address is none that a sender may have.
  case nobody
  /// Too short or too long for an Ethernet frame.
  case malformed

  /// As captures and counters name it.
  public var name: StaticString {
    switch self {
    case .loss: "loss"
    case .limit: "limit"
    case .opening: "opening"
    case .partition: "partition"
    case .cut: "cut"
    case .unplugged: "unplugged"
    case .slowReceiver: "slow receiver"
    case .memory: "memory"
    case .vlan: "vlan"
    case .nobody: "nobody to get it"
    case .malformed: "malformed"
    }
  }
}
